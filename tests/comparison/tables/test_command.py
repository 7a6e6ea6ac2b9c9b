"""`replant diff` as a user calls it: words, exit codes, files, and no secret anywhere."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from engines.databases import libpq_url
from engines.places import CHECKOUT
from pipelines.secrets import password_of
from tests.comparison.tables.conftest import Two

TABLES = """
CREATE TABLE trees(id int PRIMARY KEY, height float8, planted timestamptz, note text);
INSERT INTO trees SELECT i, i / 7.0, timestamptz '2026-01-01 00:00Z' + i * interval '1 s', 'n' || i
  FROM generate_series(1, 300) i;
CREATE TABLE "odd name; DROP"(a int, "B c" text); INSERT INTO "odd name; DROP" VALUES (1, 'x'), (1, 'x');
"""


def diff(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "replant", "diff", *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, **(env or {})},
        timeout=120,
        check=False,
    )


def as_json(*arguments: str) -> dict[str, Any]:
    """Give what --json prints."""
    done = diff(*arguments, "--json")
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["exit_code"] == done.returncode
    return found


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {table["name"]: table for table in found["tables"]}


def test_equal_databases_exit_0_and_different_ones_1_with_files_to_read(two: Two, tmp_path: Path) -> None:
    two.both(TABLES)
    same = diff(two.left, two.right)
    assert same.returncode == 0, same.stderr
    assert "identical" in same.stdout
    two.only_right("UPDATE trees SET note = '' WHERE id = 5; UPDATE trees SET note = NULL WHERE id = 6")
    two.only_right('INSERT INTO "odd name; DROP" VALUES (2, NULL)')
    done = diff(two.left, two.right, "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "id=5: note n5 -> ''" in done.stdout
    assert "id=6: note n6 -> NULL" in done.stdout
    files = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert set(files) == {"diff.html", "diff.json", "tables.csv", "differences.csv"}
    rows = list(csv.DictReader(files["differences.csv"].splitlines()))
    assert [(row["key"], row["old"], row["new"]) for row in rows if row["kind"] == "changed"] == [
        ('["5"]', "n5", "''"),
        ('["6"]', "n6", "NULL"),
    ]
    secret = password_of(two.left)
    assert secret is not None
    for text in (*files.values(), done.stdout, done.stderr):
        assert secret not in text
    assert "***" in files["diff.html"]
    assert all((tmp_path / "out" / name).stat().st_mode & 0o077 == 0 for name in files)


def test_a_table_that_cannot_be_compared_does_not_stop_the_rest(two: Two) -> None:
    two.both(TABLES + "CREATE TABLE only_x(x int); CREATE TABLE hidden(x int PRIMARY KEY);")
    two.only_right("ALTER TABLE only_x RENAME COLUMN x TO y")
    found = as_json(two.left, two.right)
    tables = by_name(found)
    assert found["exit_code"] == 2
    assert tables["only_x"]["result"] == "not comparable"
    assert "no column in common" in tables["only_x"]["problem"]
    assert tables["trees"]["result"] == tables["hidden"]["result"] == "identical"


def test_a_key_that_is_not_unique_is_a_finding_with_examples(two: Two) -> None:
    two.both(TABLES)
    found = as_json(two.left, two.right, "--table", "odd name; DROP", "--key", "a")
    [table] = found["tables"]
    assert (found["exit_code"], table["result"]) == (2, "not comparable")
    assert table["repeated_keys"] == [{"key": "1", "times": 2}]


def test_schema_differences_show_both_types_and_common_columns_are_compared(two: Two) -> None:
    two.both(TABLES)
    two.only_right("ALTER TABLE trees ALTER height TYPE numeric(12, 3), DROP COLUMN planted, ADD fresh int")
    two.only_right("UPDATE trees SET note = 'changed' WHERE id = 1")
    found = by_name(as_json(two.left, two.right, "--tolerance", "height=0.001"))["trees"]
    assert found["difference"]["schema"] == [
        {"column": "height", "left_type": "double precision", "right_type": "numeric(12,3)"},
        {"column": "planted", "left_type": "timestamp with time zone", "right_type": None},
        {"column": "fresh", "left_type": None, "right_type": "integer"},
    ]
    assert found["difference"]["changed"] == 1


def test_tolerance_ignore_and_threshold(two: Two) -> None:
    two.both(TABLES)
    two.only_right("UPDATE trees SET height = height + 0.001, planted = planted + interval '400 ms'")
    two.only_right("UPDATE trees SET note = 'x' WHERE id <= 3")
    within = ("--tolerance", "height=0.01", "--tolerance", "planted=500ms")
    assert by_name(as_json(two.left, two.right, *within))["trees"]["difference"]["changed"] == 3
    assert as_json(two.left, two.right, *within, "--ignore", "no*")["exit_code"] == 0
    assert as_json(two.left, two.right, *within, "--threshold", "3")["exit_code"] == 0
    assert as_json(two.left, two.right, *within, "--threshold", "1%")["exit_code"] == 0
    assert as_json(two.left, two.right, *within, "--threshold", "2")["exit_code"] == 1
    assert as_json(two.left, two.right, "--ignore", "trees.*")["exit_code"] == 2


def test_one_database_is_joined_and_says_so(two: Two) -> None:
    two.only_left(TABLES + "CREATE SCHEMA old; CREATE TABLE old.trees(LIKE trees INCLUDING ALL);")
    two.only_left("INSERT INTO old.trees SELECT * FROM trees WHERE id > 1; UPDATE trees SET height = -0.0")
    two.only_left("UPDATE old.trees SET height = 0; DELETE FROM trees WHERE id = 300")
    two.only_left("UPDATE trees SET note = 'new' WHERE id = 20")
    found = as_json(two.left, two.left, "--table", "old.trees=trees")["tables"][0]["difference"]
    assert found["strategy"] == "join"
    assert "unique index" in found["reason"]
    assert (found["rows_left"], found["rows_right"]) == (299, 299)
    assert (found["changed"], found["missing"], found["extra"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tolerance", "height"], "write the column before the amount"),
        (["--tolerance", "height=wide"], "write an amount"),
        (["--threshold", "many"], "write a number of rows"),
        (["--table", "nowhere"], "there is no such table"),
        (["--samples", "-1"], "cannot be less than 0"),
    ],
)
def test_bad_input_is_a_sentence_and_exit_2(two: Two, arguments: list[str], said: str) -> None:
    two.both(TABLES)
    done = diff(two.left, two.right, *arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_name_needs_no_password_on_the_command_line(two: Two, tmp_path: Path) -> None:
    two.both(TABLES)
    url = make_url(two.left)
    for name, place in (("old", two.left), ("new", two.right)):
        part = make_url(place)
        text = f"[{name}]\nhost={url.host}\nport={url.port}\nuser={url.username}\npassword={url.password}\n"
        with (tmp_path / "services").open("a") as file:
            file.write(f"{text}dbname={part.database}\n")
    env = {"PGSERVICEFILE": str(tmp_path / "services")}
    done = diff("old", "new", env=env)
    assert done.returncode == 0, done.stderr
    unknown = diff("old", "newer", env=env)
    assert unknown.returncode == 2
    assert "newer" in unknown.stderr


def test_only_select_is_needed_and_nothing_is_written(two: Two) -> None:
    two.both(TABLES + "DROP ROLE IF EXISTS reader;")
    two.only_left("CREATE ROLE reader LOGIN PASSWORD 'reading'")
    two.both("GRANT SELECT ON trees TO reader; ALTER ROLE reader SET default_transaction_read_only = on")
    urls = [
        make_url(url).set(username="reader", password="reading").render_as_string(hide_password=False)
        for url in (two.left, two.right)
    ]
    found = by_name(as_json(*urls))
    assert found["trees"]["result"] == "identical"
    assert "Grant SELECT" in found["odd name; DROP"]["problem"]
    two.both("DROP OWNED BY reader")
    two.only_left("DROP ROLE reader")


def test_rows_hidden_by_a_policy_are_said_not_skipped(two: Two) -> None:
    two.both(TABLES + "ALTER TABLE trees ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON trees USING (id < 9);")
    two.only_left("DROP ROLE IF EXISTS peeper; CREATE ROLE peeper LOGIN PASSWORD 'peeping'")
    two.both("GRANT SELECT ON trees TO peeper")
    urls = [
        make_url(url).set(username="peeper", password="peeping").render_as_string(hide_password=False)
        for url in (two.left, two.right)
    ]
    found = as_json(*urls, "--table", "trees")
    assert (found["exit_code"], "row-level security" in found["tables"][0]["problem"]) == (2, True)
    two.both("DROP OWNED BY peeper")
    two.only_left("DROP ROLE peeper")


def test_a_statement_that_takes_too_long_is_ended_by_the_server(two: Two) -> None:
    two.both("CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(30)::text AS v")
    found = as_json(two.left, two.right, "--table", "slow", "--statement-timeout", "0.3")
    assert found["exit_code"] == 2
    assert "statement timeout" in found["tables"][0]["problem"]


def test_ctrl_c_cancels_the_servers_query(two: Two) -> None:
    import signal
    import time

    two.both("CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS v")
    process = subprocess.Popen(
        [sys.executable, "-m", "replant", "diff", two.left, two.right, "--table", "slow"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert _wait_for(two.left, running=True)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert time.monotonic() - began < 10
    assert process.returncode == 130
    assert "interrupted" in errors
    assert _wait_for(two.left, running=False)


def _wait_for(url: str, *, running: bool) -> bool:
    """Wait until a query of the slow view runs, or none does."""
    import time

    connection = psycopg2.connect(libpq_url(url))
    connection.autocommit = True
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE query LIKE '%slow%' AND pid <> pg_backend_pid() AND state = 'active'"
    )
    try:
        for _ in range(100):
            with connection.cursor() as cursor:
                cursor.execute(query)
                row = cursor.fetchone()
            if row is not None and bool(row[0]) == running:
                return True
            time.sleep(0.1)
        return False
    finally:
        connection.close()


def test_a_server_that_is_not_there_is_a_sentence(two: Two) -> None:
    done = diff(two.left, "postgresql://me:secret@127.0.0.1:1/none")
    assert done.returncode == 2
    assert "Cannot connect" in done.stderr
    assert "secret" not in done.stderr


def test_the_guide_names_every_option() -> None:
    help_text = diff("--help").stdout
    guide = (CHECKOUT / "docs" / "diff.md").read_text()
    options = set(re.findall(r"--[a-z-]+", help_text)) - {"--help"}
    assert options
    assert {option for option in options if option not in guide} == set()
