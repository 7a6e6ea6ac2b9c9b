"""report.json: true to its schema, complete, and without secrets."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest

from comparison.evidence import EngineSetup
from comparison.report import build
from comparison.report.build import build_report
from comparison.report.environment import environment, server_versions
from comparison.report.logs import failed_log
from comparison.report.write import ReportFiles, write_report
from engines.run import TaskRun
from pipelines.errors import CannotProceedError
from tests.comparison.report import inputs
from tests.comparison.report.conftest import INPUTS

SCHEMA = json.loads((Path(build.__file__).parent / "schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def loaded(files: ReportFiles) -> dict[str, Any]:
    report = json.loads(files.json.read_text())
    assert isinstance(report, dict)
    return report


class TestSchema:
    def test_the_schema_is_one(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize("kind", list(INPUTS))
    def test_every_report_is_valid(self, reports: dict[str, ReportFiles], kind: str) -> None:
        VALIDATOR.validate(loaded(reports[kind]))

    @pytest.mark.parametrize("field", SCHEMA["required"])
    def test_it_refuses_a_report_without(self, reports: dict[str, ReportFiles], field: str) -> None:
        report = loaded(reports["identical"])
        del report[field]
        assert not VALIDATOR.is_valid(report)

    def test_it_refuses_words_that_the_contract_does_not_have(self, reports: dict[str, ReportFiles]) -> None:
        assert not VALIDATOR.is_valid({**loaded(reports["identical"]), "verdict": "fine"})

    def test_the_database_says_its_versions(self, database_url: str) -> None:
        found = server_versions(database_url)
        assert set(found) == {"PostgreSQL", "PostGIS"} and all(text[0].isdigit() for text in found.values())

    def test_this_machine_can_be_described(self) -> None:
        report = build_report(replace(inputs.identical(), environment=environment({"Airflow": "3"})))
        VALIDATOR.validate(report)
        assert report["environment"]["cores"] >= 1


class TestContents:
    def test_outputs_count_rows_per_engine_and_name_the_other_pairs(self) -> None:
        report = build_report(inputs.different())
        output = next(output for output in report["outputs"] if output["name"] == "tree_region")
        assert output["rows"] == {"standalone": 148_310, "airflow": 148_310, "prefect": 148_310}
        assert (output["changed"], output["missing"], output["extra"]) == (3, 1, 1)
        assert (output["left"], output["right"]) == ("airflow", "prefect")
        pairs = {(pair["left"], pair["right"]): pair["verdict"] for pair in output["pairs"]}
        assert pairs == {("standalone", "airflow"): "identical", ("standalone", "prefect"): "different"}
        assert output["samples"][0] == {
            "kind": "changed",
            "key": {"tree_id": "4711", "zoom_level": "3"},
            "column": "region_id",
            "old": "1201",
            "new": "1202",
        }

    def test_a_multiset_has_no_changed_rows(self) -> None:
        report = build_report(inputs.different())
        clusters = next(output for output in report["outputs"] if output["name"] == "clusters")
        assert clusters["changed"] is None and clusters["samples"][0]["key"] is None

    def test_the_worst_round_is_shown(self) -> None:
        given = inputs.identical()
        pairs = tuple(
            replace(pair, difference=inputs.changed_region())
            if (pair.left, pair.right, pair.name, pair.round) == ("airflow", "prefect", "tree_region", 2)
            else pair
            for pair in given.pairs
        )
        report = build_report(replace(given, pairs=pairs))
        output = next(output for output in report["outputs"] if output["name"] == "tree_region")
        assert (output["round"], output["rounds_with_differences"], output["rounds"]) == (2, 1, 3)
        assert report["verdict"] == "different"

    def test_figures_say_whether_they_were_measured_or_are_documented(self) -> None:
        report = build_report(inputs.identical())
        rows = {row["what"]: row["cells"] for row in report["capabilities"]}
        assert rows["Time to start it"]["airflow"] == {"text": "22.4 s", "basis": "measured", "source": None}
        assert rows["Memory of its servers in a run"]["standalone"]["text"] == "no servers"
        assert rows["Memory of its servers in a run"]["prefect"]["text"] == "330 MB"
        assert rows["Alerts"]["prefect"]["source"].startswith("https://docs.prefect.io/")
        assert rows["Alerts"]["standalone"]["basis"] == "by nature"

    def test_a_busy_machine_is_a_warning(self) -> None:
        given = inputs.identical()
        busy = build_report(replace(given, environment={**given.environment, "load_before": 3.17}))
        assert "a load of 3.2 on 2 cores" in busy["warnings"][0]
        assert build_report(given)["warnings"] == []

    def test_an_engine_of_the_users_own_was_not_started(self) -> None:
        setups = (EngineSetup("airflow", used_existing=True),)
        report = build_report(replace(inputs.identical(), setups=setups))
        cells = report["capabilities"][0]["cells"]
        assert cells["airflow"]["text"] == "an existing one was used"
        assert cells["prefect"]["basis"] == "not measured"

    def test_a_task_that_only_one_engine_skipped_is_a_warning(self) -> None:
        given = inputs.identical()
        runs = tuple(
            replace(roled, run=replace(roled.run, tasks=skipped(roled.run.tasks)))
            if roled.run.engine == "prefect"
            else roled
            for roled in given.runs
        )
        report = build_report(replace(given, runs=runs))
        assert report["warnings"] == [
            "Task refresh_view: success on Standalone, Airflow; skipped on Prefect."
        ]


def skipped(tasks: tuple[TaskRun, ...]) -> tuple[TaskRun, ...]:
    return tuple(replace(task, state="skipped") if task.name == "refresh_view" else task for task in tasks)


class TestSecrets:
    def test_no_secret_is_in_any_file(self, reports: dict[str, ReportFiles]) -> None:
        files = reports["hostile"]
        for path in (files.html, files.json, files.timings, files.differences):
            assert "hunter2" not in path.read_text()
        assert "postgresql://tree:***@db/trees" in loaded(files)["warnings"][0]

    def test_the_files_are_the_owners_alone(self, reports: dict[str, ReportFiles]) -> None:
        files = reports["identical"]
        for path in (files.html, files.json, files.timings, files.differences):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_an_older_file_that_others_could_read_is_replaced(self, tmp_path: Path) -> None:
        old = tmp_path / "report.json"
        old.write_text("{}")
        old.chmod(0o644)
        files = write_report(build_report(inputs.identical()), tmp_path)
        assert stat.S_IMODE(files.json.stat().st_mode) == 0o600
        assert loaded(files)["verdict"] == "identical"

    def test_a_folder_that_cannot_be_written_is_one_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(CannotProceedError, match="--out"):
            write_report(build_report(inputs.identical()), tmp_path / "file" / "below")


class TestTables:
    def test_timings_have_one_row_per_run_and_task(self, reports: dict[str, ReportFiles]) -> None:
        table = pd.read_csv(reports["identical"].timings)
        assert len(table) == 15 * 5
        one = table[(table["engine"] == "airflow") & (table["role"] == "measured") & (table["round"] == 1)]
        assert list(one["task"]) == list(inputs.STEPS)
        assert one["seconds"].iloc[1] == pytest.approx(1.9)
        assert one["queue_seconds"].iloc[1] == pytest.approx(1.1)

    def test_differences_tell_null_from_the_empty_text_and_from_no_row(
        self, reports: dict[str, ReportFiles]
    ) -> None:
        table = pd.read_csv(reports["hostile"].differences, keep_default_na=False)
        row = table[table["key"] == '{"id": "2"}'].iloc[0]
        assert (row["old"], row["new"]) == ("''", "NULL")
        table = pd.read_csv(reports["different"].differences, keep_default_na=False)
        gone = table[table["kind"] == "missing"].iloc[0]
        assert json.loads(gone["old"])["region_id"] == "9" and gone["new"] == ""

    def test_differences_of_every_pair_are_there(self, reports: dict[str, ReportFiles]) -> None:
        table = pd.read_csv(reports["different"].differences)
        assert len(table) == 2 * (5 + 2)


class TestFailedLog:
    def broken(self, folder: Path, log: str | None) -> Any:
        failed = next(roled.run for roled in inputs.failed().runs if roled.run.state == "failed")
        tasks = tuple(replace(task, log=log if task.state == "failed" else None) for task in failed.tasks)
        return replace(failed, tasks=tasks, log_dir=str(folder))

    def test_the_failed_tasks_own_log_is_taken(self, log_dir: Path) -> None:
        (log_dir / "task.log").write_text("\n".join(f"line {number}" for number in range(100)))
        (log_dir / "newer.log").write_text("of another task")
        tail = failed_log(self.broken(log_dir, "task.log"))
        assert tail is not None
        assert tail.path == str(log_dir / "task.log")
        assert tail.text.startswith("line 60") and tail.text.endswith("line 99")

    def test_the_newest_log_otherwise(self, log_dir: Path) -> None:
        (log_dir / "run.log").write_text("the engine's")
        tail = failed_log(self.broken(log_dir, "http://127.0.0.1/logs"))
        assert tail is not None and tail.text == "the engine's"

    def test_secrets_in_it_are_masked(self, log_dir: Path) -> None:
        (log_dir / "task.log").write_text(f"cannot connect to {inputs.SECRET}")
        report = build_report(
            replace(inputs.failed(), runs=(replace(inputs.runs()[0], run=self.broken(log_dir, "task.log")),))
        )
        assert "hunter2" not in json.dumps(report)
        assert "cannot connect to postgresql://tree:***@db" in report["runs"][0]["failed_log"]["text"]

    def test_no_log_and_no_failure_give_none(self, log_dir: Path) -> None:
        assert failed_log(self.broken(log_dir, None)) is None
        assert failed_log(inputs.runs()[0].run) is None
