"""Files and folders as they should not be: each gives a sentence, none stops the rest, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engines.places import CHECKOUT
from migration.places import links_out, places

pytestmark = pytest.mark.slow
HEAD = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"


CALLS = "from airflow.operators.python import PythonOperator\nfrom carried import load\n"


def dag(name: str, command: str = "'true'", task: str = "a") -> str:
    """Give the text of a DAG with one task."""
    return f"{HEAD}with DAG({name!r}):\n    BashOperator(task_id={task!r}, bash_command={command})\n"


def convert(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, with a time limit: a hang is a failure."""
    return subprocess.run(
        [sys.executable, "replant.py", "convert", *map(str, arguments)],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


READABLE: dict[str, str | bytes] = {
    "with space \u00e9.py": dag("spaces"),
    "1st-file.py": dag("digits"),
    "class.py": dag("class"),
    "quote'\".py": dag("quotes"),
    "bom.py": b"\xef\xbb\xbf" + dag("bom").encode(),
    "crlf.py": dag("crlf").replace("\n", "\r\n"),
    "latin.py": ("# -*- coding: latin-1 -*-\n" + dag("latin", "'echo \u00e9'")).encode("latin-1"),
    "unicode_id.py": dag("\u65e5\u672c", task="\u00fc-\u00f1.1"),
    "prints.py": dag("prints") + "print('x' * 50_000_000)\n",
    "threads.py": dag("threads")
    + "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n",
    "none.py": HEAD,
}
UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "endless.py": (HEAD + "while True: pass\n", "--seconds"),
    "recursion.py": (HEAD + "def f(): f()\nf()\n", "line 3: RecursionError"),
    "itself.py": (
        HEAD + "a = []\na.append(a)\nwith DAG('x'): BashOperator(task_id='a', env=a)\n",
        "RecursionError",
    ),
    "memory.py": (HEAD + "x = 'x' * 5 * 1024**3\n", "line 3: MemoryError"),
    "python2.py": (HEAD + "print 'x'\n", "another version's syntax"),
    "python314.py": (HEAD + "try: x\nexcept ValueError, TypeError: x\n", "another version's syntax"),
    "nul.py": (dag("nul").encode() + b"\0", "null bytes"),
    "bytes.py": (b"# \xff\n" + dag("bytes").encode(), "UTF-8"),
    "exits.py": (dag("exits") + "import os\nos._exit(0)\n", "ended its process"),
    "untold.py": (
        HEAD + "class E(Exception):\n    def __str__(self): raise self\nraise E\n",
        "cannot be shown",
    ),
    "patched.py": ("import json\njson.dumps = lambda *a: '{}'\n" + dag("patched"), "right shape"),
    "space_id.py": (dag("a b"), "other signs"),
    "line_id.py": (dag("x", task="a\nb"), "other signs"),
    "long_id.py": (dag("x" * 251), "longer than 250"),
    "twice.py": (dag("twice") + dag("twice", task="b"), "used twice"),
    "datetime.py": (dag("hides"), "rename it"),
    "prefect.py": (dag("hides_too"), "rename it"),
}


def test_each_file_gives_its_flow_or_a_sentence(tmp_path: Path) -> None:
    folder, out = tmp_path / "dags", tmp_path / "out"
    folder.mkdir()
    for name, text in {**READABLE, **{name: text for name, (text, _) in UNREADABLE.items()}}.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    os.mkfifo(folder / "pipe_dag.py")
    (folder / "loop").symlink_to(folder)
    (folder / "itself_link.py").symlink_to(folder / "itself_link.py")
    (folder / "gone_link.py").symlink_to(folder / "nothing.py")
    outside = tmp_path / "elsewhere" / "dag.py"
    outside.parent.mkdir()
    outside.write_text(dag("outside"))
    (folder / "out_link.py").symlink_to(outside)
    (folder / "folder_link").symlink_to(outside.parent)
    done = convert(folder, "--out", out, "--seconds", "5")
    assert done.returncode == 1, done.stderr
    assert "folder_link leads out of what was given" in done.stderr
    document = json.loads((out / "MIGRATION.json").read_text())
    reasons = {one["path"]: str(one["reason"]) for one in document["files"] if one["status"] != "recorded"}
    assert {one["path"] for one in document["files"]} - reasons.keys() == READABLE.keys()
    for name, (_, words) in UNREADABLE.items():
        assert words in reasons.pop(name), name
    assert set(reasons) == {"itself_link.py", "gone_link.py", "out_link.py"}
    assert str(outside) in reasons["out_link.py"]
    refused = {one["dag_id"]: one["items"] for one in document["dags"] if one["status"] == "refused"}
    assert not refused and len(document["dags"]) == len(READABLE) - 1
    assert "internal error" not in json.dumps(document)


def test_a_dag_id_of_two_files_is_refused_in_the_second(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(dag("same"))
    out = tmp_path / "out"
    assert convert(tmp_path, "--out", out).returncode == 1
    document = json.loads((out / "MIGRATION.json").read_text())
    assert [one["status"] for one in document["dags"]] == ["converted", "refused"]
    assert "one.py has a DAG of the same id" in document["dags"][1]["items"][-1]["note"]
    assert (out / "prefect.yaml").read_text().count("entrypoint: flows/one.py:") == 1
    assert "two.py" not in (out / "prefect.yaml").read_text()
    # and once more into the same folder, which is inside the input: its own flows are no input
    assert convert(tmp_path, "--out", out).returncode == 1
    assert len(json.loads((out / "MIGRATION.json").read_text())["files"]) == 2


def test_what_somebody_wrote_is_not_overwritten(tmp_path: Path) -> None:
    source, out = tmp_path / "dags", tmp_path / "out"
    source.mkdir()
    (source / "carried.py").write_text("def load():\n    print('loaded')\n")
    text = f"{CALLS}{dag('one')}    PythonOperator(task_id='b', python_callable=load)\n"
    (source / "one.py").write_text(text)
    (out / "flows").mkdir(parents=True)
    (out / "prefect.yaml").write_text("mine")
    done = convert(source, "--out", out)
    assert done.returncode == 2 and "flows, prefect.yaml" in done.stderr and "--out" in done.stderr
    assert (out / "prefect.yaml").read_text() == "mine" and not (out / "MIGRATION.json").exists()
    out = source  # beside the DAG files there is room
    assert convert(source, "--out", out).returncode == 0
    assert convert(source, "--out", out).returncode == 0
    for name in ("flows/one.py", "flows/carried.py", "prefect.yaml", "requirements.in"):
        before = (out / name).read_text()
        (out / name).write_text(before + "# changed by hand\n")
        done = convert(source, "--out", out)
        assert done.returncode == 2 and f"{name} was changed" in done.stderr
        assert "# changed by hand" in (out / name).read_text()
        (out / name).write_text(before)
    assert (source / "one.py").read_text() == text
    (source / "two.py").write_text(dag("two"))
    (out / "flows" / "two.py").write_text("mine")
    done = convert(source, "--out", out)
    assert done.returncode == 2 and "two.py is in the way" in done.stderr
    assert (out / "flows" / "two.py").read_text() == "mine"
    (out / "flows" / "two.py").unlink()
    assert convert(source, "--out", out).returncode == 0


@pytest.mark.parametrize("kind", ["file", "below a file", "read-only"])
def test_an_output_that_cannot_be(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "one.py"
    source.write_text(dag("one"))
    out = {"file": source, "below a file": source / "x", "read-only": Path("/proc/replant")}[kind]
    done = convert(source, "--out", out)
    assert done.returncode == 2 and "cannot be written to" in done.stderr and "Traceback" not in done.stderr
    assert source.read_text() == dag("one")


def test_folders_without_dag_files(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, words in ((tmp_path / "empty", "No DAG file"), (tmp_path / "nowhere", "does not exist")):
        done = convert(path, "--out", tmp_path / "out")
        assert done.returncode == 2 and words in done.stderr and str(path) in done.stderr


def test_links_inside_are_taken_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.py").write_text(dag("one"))
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "two.py").symlink_to(tmp_path / "a" / "one.py")
    assert len(places([tmp_path])) == 1 and links_out([tmp_path]) == []
