"""The main job as a user calls it: what the exit code, report.json and report.html say."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import psutil
import pytest

from engines.places import CHECKOUT
from pipelines import catalog
from pipelines.tree_clusters.statements import Connection, transaction
from replant import main

REPLANT = Path(sys.executable).with_name("replant")
IN_PROCESS = ["--mode", "in-process", "--repeat", "1", "--trees", "300"]


def _compare(out: Path, *more: str) -> tuple[int, dict[str, Any]]:
    code = main(["compare", "tree_clusters", "--out", str(out), *more])
    return code, json.loads((out / "report.json").read_text())


def _output(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (output for output in report["outputs"] if output["name"] == name)
    return dict(found)


@pytest.fixture(scope="module")
def dispatched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """A report of all three engines, dispatched: its folder, the exit code and what was printed."""
    out = tmp_path_factory.mktemp("dispatched") / "out"
    arguments = ["compare", "tree_clusters", "--out", str(out), "--repeat", "2", "--trees", "500"]
    done = subprocess.run([str(REPLANT), *arguments], capture_output=True, text=True, check=False)
    assert (out / "report.json").exists(), done.stderr
    return out, done.returncode, done.stdout


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.prefect
def test_three_engines_dispatched_give_the_same_rows(dispatched: tuple[Path, int, str]) -> None:
    out, code, said = dispatched
    report = json.loads((out / "report.json").read_text())
    schema = json.loads((CHECKOUT / "comparison" / "report" / "schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(report)
    assert code == 0
    assert report["verdict"] in ("identical", "identical but for noise")
    assert "identical" in said
    assert {output["name"] for output in report["outputs"]} == {
        "tree_region", "trees", "active_tree_region", "clusters",
    }  # fmt: skip
    for output in report["outputs"]:
        assert set(output["rows"]) == {"standalone", "airflow", "prefect"}
        assert len(set(output["rows"].values())) == 1
        assert next(iter(output["rows"].values())) > 0
        assert not output["missing"]
        assert not output["extra"]
    for name in ("report.html", "timings.csv", "differences.csv"):
        assert (out / name).stat().st_size > 0


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.prefect
def test_every_run_is_told_with_its_role_its_tasks_and_what_it_used(
    dispatched: tuple[Path, int, str],
) -> None:
    report = json.loads((dispatched[0] / "report.json").read_text())
    roles = [(run["engine"], run["role"]) for run in report["runs"]]
    for engine in ("standalone", "airflow", "prefect"):
        assert sorted(role for name, role in roles if name == engine) == [
            "control", "measured", "measured", "warm-up",
        ]  # fmt: skip
    assert all(run["input_hash"] == report["input"]["hash"] for run in report["runs"])
    for run in report["runs"]:
        assert [task["state"] for task in run["tasks"]] == ["success"] * 5
        for task in run["tasks"]:
            assert _moment(task["queued"]) <= _moment(task["started"]) <= _moment(task["ended"])
        assert run["usage"]["cpu_seconds"] > 0
        if run["engine"] != "standalone":
            assert run["usage"]["server_memory_bytes"] > 50 * 2**20


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.prefect
def test_the_uis_are_reopened_on_the_runs_of_the_report_and_stopped_by_ctrl_c(
    dispatched: tuple[Path, int, str],
) -> None:
    report = json.loads((dispatched[0] / "report.json").read_text())
    links = {link["engine"]: link["url"] for link in report["links"]}
    up = subprocess.Popen(
        [str(REPLANT), "up", "--report", str(dispatched[0])], stdout=subprocess.PIPE, text=True
    )
    try:
        assert up.stdout is not None
        said = list(itertools.takewhile(lambda line: "Ctrl-C" not in line, up.stdout))
        tree = psutil.Process(up.pid).children(recursive=True)
        for engine in ("airflow", "prefect"):
            assert any(line.lower().startswith(engine) for line in said)
            page = httpx.get(links[engine], headers={"Accept": "text/html"}, follow_redirects=True)
            assert page.status_code == 200
        login = next(Path(line.split("see ")[1].strip()) for line in said if "login" in line)
        assert login.stat().st_mode & 0o777 == 0o600
        prefect_run = links["prefect"].rpartition("/")[2]
        base = links["prefect"].partition("/runs/")[0]
        assert httpx.get(f"{base}/api/flow_runs/{prefect_run}").json()["state_type"] == "COMPLETED"
    finally:
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=90)
    assert up.returncode == 130
    assert tree
    assert not psutil.wait_procs(tree, timeout=10)[1]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.slow
@pytest.mark.prefect
@pytest.mark.parametrize(
    ("plant", "output", "unchanged"),
    [
        ("row", "tree_region", {"trees", "clusters", "active_tree_region"}),
        ("priority", "tree_region", {"trees", "clusters"}),
        ("step", "active_tree_region", {"trees", "clusters", "tree_region"}),
    ],
)
def test_a_planted_difference_is_found_and_nothing_else(
    plant: str, output: str, unchanged: set[str], tmp_path: Path
) -> None:
    code, report = _compare(
        tmp_path / "out", *IN_PROCESS, "--engines", "standalone,prefect", "--plant", plant
    )
    assert code == 1
    assert report["verdict"] == "different"
    found = _output(report, output)
    assert (found["changed"] or 0) + found["missing"] + found["extra"] > 0
    for name in unchanged:
        other = _output(report, name)
        assert not (other["changed"] or other["missing"] or other["extra"]), name
    if plant == "row":
        assert (found["changed"], found["missing"], found["extra"]) == (1, 0, 0)
        (sample,) = found["samples"]
        assert sample["column"] == "region_id"
        assert str(sample["new"]) in (tmp_path / "out" / "differences.csv").read_text()
    if plant == "step":
        assert found["rows"]["prefect"] == 0
        assert found["missing"] == found["rows"]["standalone"]


def _drop_the_view(connection: Connection) -> None:
    with transaction(connection) as cursor:
        cursor.execute("DROP MATERIALIZED VIEW active_tree_region")


@pytest.mark.slow
@pytest.mark.prefect
def test_a_run_that_fails_makes_it_not_comparable_with_the_engines_own_error_and_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = catalog.Plant("the view is gone", before=_drop_the_view)
    plants = {**catalog.find("tree_clusters").plants, "broken": broken}
    monkeypatch.setattr("comparison.compare_command._plant", lambda _name, _pipeline: plants["broken"])
    code, report = _compare(tmp_path / "out", *IN_PROCESS, "--engines", "standalone,prefect")
    assert code == 2
    assert report["verdict"] == "not comparable"
    (failed,) = (run for run in report["runs"] if run["state"] == "failed")
    assert failed["engine"] == "prefect"
    assert "active_tree_region" in failed["error"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "active_tree_region&#34; does not exist" in page or "active_tree_region" in page
    logs = [path.read_text(errors="replace") for path in Path(failed["log_dir"]).rglob("*") if path.is_file()]
    assert any("active_tree_region" in log for log in logs)


@pytest.mark.slow
@pytest.mark.airflow
def test_in_process_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["compare", "tree_clusters", *IN_PROCESS, "--engines", "standalone,airflow", "--json", "--out",
         str(tmp_path / "out")]
    )  # fmt: skip
    said = capsys.readouterr().out
    assert code == 0
    assert json.loads(said) == json.loads((tmp_path / "out" / "report.json").read_text())


def test_no_secret_of_this_machine_is_in_the_test_reports(tmp_path: Path) -> None:
    password = "correct-horse-battery"
    code = main(
        ["compare", "tree_clusters", "--out", str(tmp_path), "--engines", "standalone,airflow",
         "--database-url", f"postgresql://me:{password}@127.0.0.1:1/x"]
    )  # fmt: skip
    assert code == 2
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert password not in path.read_text(errors="replace")


def test_commands_of_the_readme_parse() -> None:
    from replant import parser

    readme = (CHECKOUT / "README.md").read_text()
    commands = re.findall(r"^\$ \.venv/bin/replant (.+)$", readme, re.MULTILINE)
    assert len(commands) > 5
    for command in commands:
        parser().parse_args(shlex.split(command))
