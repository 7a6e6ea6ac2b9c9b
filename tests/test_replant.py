"""The front door: quick, plain, and a sentence with exit code 2 for bad input."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engines.places import CHECKOUT
from replant import main, parser

HEAVY = (
    "airflow",
    "prefect",
    "pandas",
    "numpy",
    "sqlalchemy",
    "psycopg2",
    "rich",
    "jinja2",
    "libcst",
    "psutil",
)


def _commands() -> list[str]:
    (choices,) = (
        action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return list(choices)


def test_help_imports_none_of_the_heavy_packages() -> None:
    code = "import replant, sys; replant.parser().format_help(); print(*sys.modules)"
    imported = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT
    ).stdout.split()
    assert not {name for name in HEAVY if name in imported}


@pytest.mark.parametrize("command", _commands())
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert command in capsys.readouterr().out


@pytest.mark.parametrize("command", _commands())
def test_every_command_stands_in_the_documentation(command: str) -> None:
    pages = [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]
    assert any(f"replant {command}" in page.read_text() for page in pages)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "tree_custers", "--engine", "standalone"], "There is no pipeline named 'tree_custers'"),
        (["run", "tree_clusters", "--engine", "standalone", "--setting", "dry_run"], "NAME=VALUE"),
        (["run", "tree_clusters", "--engine", "standalone", "--setting", "speed=1"], "no setting speed"),
        (["run", "tree_clusters", "--engine", "standalone", "--in-place"], "needs --database-url"),
        (["compare", "tree_clusters", "--engines", "airflow"], "at least two engines"),
        (["compare", "tree_clusters", "--engines", "airflow,luigi"], "but not luigi"),
        (["compare", "tree_clusters", "--repeat", "0"], "must be 1 or more"),
        (["compare", "tree_clusters", "--plant", "nothing"], "It has: row, priority, step"),
        (["compare", "tree_clusters", "--trees", "-1"], "must be 0 or more"),
        (["compare", "tree_clusters", "--out", "/proc/no/report"], "Choose another with --out"),
        (["up", "--report", "/nowhere"], "has no records of airflow and prefect"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if arguments[0] != "up" and "--out" not in arguments:
        arguments = [*arguments, "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith("replant: ")
    assert said in told
    assert "Traceback" not in told


def test_a_server_that_is_not_there_is_a_sentence_without_its_password(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = "postgresql://somebody:hunter2@127.0.0.1:1/db"
    arguments = ["compare", "tree_clusters", "--engines", "standalone,airflow", "--database-url", url]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "Cannot connect" in told
    assert "hunter2" not in told


def test_a_folder_with_other_things_is_not_written_into(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "thesis.odt").write_text("mine")
    assert main(["compare", "tree_clusters", "--out", str(tmp_path)]) == 2
    assert "Choose an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_command_leaves_no_process_and_no_folder(
    number: int, code: int, tmp_path: Path
) -> None:
    arguments = [
        "run",
        "tree_clusters",
        "--engine",
        "standalone",
        "--trees",
        "200000",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "replant", *arguments], cwd=CHECKOUT, stderr=subprocess.PIPE
    )
    sessions = CHECKOUT / ".cache" / "run"
    deadline = time.monotonic() + 30
    while not _of(process.pid, sessions) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2)  # by now PostgreSQL is up and the sample is being made
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code
    assert not _of(process.pid, sessions)
    assert not _of(process.pid, CHECKOUT / ".cache" / "postgres")


def _of(pid: int, folder: Path) -> list[Path]:
    return list(folder.glob(f"{pid}-*"))
