"""`replant convert` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engines.places import CHECKOUT

pytestmark = pytest.mark.slow
GOOD = """
from airflow import DAG
from airflow.operators.python import PythonOperator
from lib.words import say
with DAG("good{n}", schedule_interval="0 5 * * *", tags=["a"], max_active_runs=2) as dag:
    PythonOperator(task_id="say", python_callable=say, op_kwargs={{"what": "hello"}}, pool="p")
"""
LIBRARY = "from airflow.models import Variable\n\ndef say(what):\n    print(what, Variable.get('GREETING'))\n"


def convert(*arguments: str, python_path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, str(CHECKOUT / "replant.py"), "convert", *arguments]
    env = {**os.environ, **({"PYTHONPATH": str(python_path)} if python_path else {})}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=CHECKOUT, timeout=300, check=False, env=env
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of DAG files with a module of their own."""
    dags = tmp_path / "dags"
    (dags / "lib").mkdir(parents=True)
    (dags / "lib" / "words.py").write_text(LIBRARY)
    (dags / "team").mkdir()
    (dags / "team" / "good.py").write_text(GOOD.format(n=""))
    return dags


def test_a_folder_that_converts_whole(folder: Path, tmp_path: Path) -> None:
    done = convert(str(folder), "--out", str(tmp_path / "out"), "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    out = tmp_path / "out"
    summary = json.loads(done.stdout)
    assert (summary["dags"], summary["converted"]) == (1, 1)
    assert "airflow" not in (out / "flows" / "team" / "good.py").read_text()
    assert "class Variable:" in (out / "flows" / "lib" / "words.py").read_text()
    manifest = json.loads((out / "MIGRATION.json").read_text())
    assert manifest["schema_version"] == 1 and manifest["files"][0]["status"] == "recorded"
    items = {(item["kind"], item["name"]): item for item in manifest["dags"][0]["items"]}
    assert items["attribute", "say.pool"]["status"] == "equivalent"
    assert items["task", "say"]["line"] == 6
    lines = (out / "flows" / "team" / "good.py").read_text().splitlines()
    assert "say" in lines[items["task", "say"]["flow_line"] - 1]
    yaml = (out / "prefect.yaml").read_text()
    assert "flows/team/good.py:good" in yaml and "cron: 0 5 * * *" in yaml and "concurrency_limit: 2" in yaml
    assert "prefect==3.8.8" in (out / "requirements.in").read_text()
    assert "1 of 1 DAGs converted" in (out / "MIGRATION.html").read_text()
    assert not (out / ".replant-convert").exists()


def test_exit_codes(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.py").write_text("import airflow\ndag = (")
    assert convert(str(folder), "--out", str(tmp_path / "out")).returncode == 1
    assert convert(str(folder / "bad.py"), "--out", str(tmp_path / "out2")).returncode == 2
    nothing = convert(str(tmp_path / "nowhere"), "--out", str(tmp_path / "out3"))
    assert nothing.returncode == 2 and "does not exist" in nothing.stderr
    empty = convert(str(folder / "lib"), "--out", str(tmp_path / "out4"))
    assert empty.returncode == 2 and "No DAG file" in empty.stderr


def test_an_interrupted_run_goes_on_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    for number in range(12):
        (folder / f"more{number}.py").write_text(GOOD.format(n=number))
    (folder / "zz_slow.py").write_text("# dag airflow\nimport time\ntime.sleep(120)\n")
    out = tmp_path / "out"
    command = [sys.executable, str(CHECKOUT / "replant.py"), "convert", str(folder), "--out", str(out)]
    running = subprocess.Popen(
        [*command, "--seconds", "120"], cwd=CHECKOUT, stderr=subprocess.PIPE, start_new_session=True
    )
    kept = out / ".replant-convert"
    deadline = time.monotonic() + 200
    while len(list(kept.glob("*.json"))) < 13 and time.monotonic() < deadline:
        time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 130 and len(list(kept.glob("*.json"))) == 13
    (folder / "zz_slow.py").unlink()
    done = convert(str(folder), "--out", str(out))
    assert done.returncode == 0 and "13 of 13 DAGs converted" in done.stdout


DECIDES = """
from airflow import DAG
from airflow.models import Variable
from airflow.operators.bash import BashOperator
with DAG("decides"):
    if Variable.get("MODE") == "fast":
        BashOperator(task_id="fast", bash_command="true")
    else:
        BashOperator(task_id="slow", bash_command="true")
"""


def test_settings_decide_what_a_file_builds(tmp_path: Path) -> None:
    (tmp_path / "decides.py").write_text(DECIDES)
    export = tmp_path / "variables.json"
    export.write_text(json.dumps({"MODE": "careful"}))
    file, out = str(tmp_path / "decides.py"), tmp_path / "out"
    known = convert(file, "--out", str(out), "--settings", str(export))
    assert known.returncode == 0, known.stdout + known.stderr
    assert 'name="slow"' in (out / "flows" / "decides.py").read_text()


RULE = """
from migration.constructs import construct
from migration.writing.plan import Claim, Work, Written

CODE = '''def @NAME@(seconds: float) -> None:
    "Sleep."
    time.sleep(seconds)
'''

@construct("SleepOperator")
def write(task, site):
    work = Work("sleep", "sleep", CODE, imports=("import time",))
    return Written(work, (task.get("seconds"),), claims={"seconds": Claim()})
"""


def test_a_rule_from_outside(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    (packages / "our_rules-1.0.dist-info").mkdir(parents=True)
    (packages / "our_rules-1.0.dist-info" / "METADATA").write_text("Name: our-rules\nVersion: 1.0\n")
    (packages / "our_rules-1.0.dist-info" / "entry_points.txt").write_text(
        "[replant.constructs]\nsleep = our_rules\n"
    )
    (packages / "our_rules.py").write_text(RULE)
    (tmp_path / "sleeps.py").write_text(
        "from airflow import DAG\nfrom ours.operators import SleepOperator\n"
        "with DAG('sleeps'):\n    SleepOperator(task_id='a', seconds=0.5)\n"
    )
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "operators.py").write_text("from airflow.providers.sleep import SleepOperator\n")
    file, out = str(tmp_path / "sleeps.py"), tmp_path / "out"
    done = convert(file, "--out", str(out), python_path=packages)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "time.sleep(seconds)" in (out / "flows" / "sleeps.py").read_text()


def test_help_is_quick() -> None:
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import migration.commands"],
        capture_output=True, text=True, check=True, cwd=CHECKOUT,
    ).stderr  # fmt: skip
    assert "libcst" not in loaded and "prefect" not in loaded
