"""How figures and values are written, on the page and on the terminal."""

from __future__ import annotations

import html
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from rich.console import Console

from comparison.report import words
from comparison.report.build import ReportInput, build_report
from comparison.report.changes import marked, samples_view
from comparison.report.ratio_words import ratio_words
from comparison.report.terminal import print_summary
from comparison.report.timeline import timelines
from comparison.report.write import ReportFiles
from tests.comparison.report import inputs

FILES = ReportFiles(Path("r/report.html"), Path("r/report.json"), Path("r/t.csv"), Path("r/d.csv"))


def ratio(middle: float, low: float | None, high: float | None, rounds: int = 6) -> dict[str, Any]:
    return {
        "left": "airflow", "right": "prefect", "ratio": middle, "low": low, "high": high,
        "rounds": rounds, "coverage": 0.95, "paired": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not measured"), (0, "0 ms"), (0.0002, "< 1 ms"), (0.0416, "42 ms"), (1.234, "1.23 s"),
        (41.27, "41.3 s"), (123.4, "123 s"), (1800, "30.0 min"), (-0.05, "-50 ms"),
    ],
)  # fmt: skip
def test_seconds(value: float | None, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "not measured"), (0, "none"), (84_000, "84 kB"), (317_400_000, "317 MB"), (2.47e10, "24.70 GB")],
)
def test_sizes(value: float | None, text: str) -> None:
    assert words.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1e-7, "under 0.01 %"), (0.005, "0.50 %"), (0.5, "50.0 %"), (0, "0.00 %")]
)
def test_a_small_share_is_not_nothing(value: float, text: str) -> None:
    assert words.share(value) == text


def test_values_that_look_alike_are_told_apart() -> None:
    assert len({words.value(None), words.value(""), words.value("0"), words.value([])}) >= 3
    assert words.value({"a": None, "b": ""}) == "a = NULL, b = '' (empty text)"


class TestRatioWords:
    def test_the_faster_one_comes_first(self) -> None:
        said = ratio_words(ratio(0.2, 0.16, 0.25))
        assert said.headline == "Prefect was 5.00 times as fast as Airflow"
        assert said.interval == "4.00 to 6.25, 6 rounds, 95 % interval" and said.decided

    def test_whichever_that_is(self) -> None:
        said = ratio_words(ratio(3.0, 2.5, 3.5))
        assert said.headline == "Airflow was 3.00 times as fast as Prefect"
        assert said.interval.startswith("2.50 to 3.50")

    def test_an_interval_with_1_in_it_decides_nothing(self) -> None:
        said = ratio_words(ratio(0.95, 0.8, 1.1))
        assert said.headline == "Neither Airflow nor Prefect is shown to be faster" and not said.decided

    def test_a_ratio_within_the_noise_of_too_few_rounds_decides_nothing(self) -> None:
        floor = {"engine": "prefect", "ratio": 1.45}
        few = {**ratio(1.4, None, None, 1), "coverage": 0.0}
        said = ratio_words(few, floor)
        assert said.headline == "Neither Airflow nor Prefect is shown to be faster" and not said.decided
        assert said.interval == "a factor of 1.40 in 1 round; two runs of Prefect differed by 1.45"
        assert ratio_words(ratio(1.4, 1.3, 1.5), floor).decided, "six rounds weigh more than one pair"
        assert "1.50 times" in ratio_words({**few, "ratio": 1.5}, floor).headline

    def test_one_round(self) -> None:
        assert ratio_words(ratio(0.5, None, None, 1)).interval == "1 round: no interval can be given"


class TestMarked:
    def test_short_values_are_marked_whole(self) -> None:
        assert marked("1201", "1202") == (Markup("<mark>1201</mark>"), Markup("<mark>1202</mark>"))

    def test_long_equal_parts_are_left_out(self) -> None:
        left, right = marked("x" * 100 + "a" + "y" * 100, "x" * 100 + "b" + "y" * 100)
        assert left == "…" + "x" * 24 + "<mark>a</mark>" + "y" * 24 + "…"
        assert str(right) == str(left).replace("<mark>a", "<mark>b")

    @given(st.text(max_size=80), st.text(max_size=80))
    def test_what_is_left_of_the_marks_is_the_value(self, old: str, new: str) -> None:
        for text, shown in zip((old, new), marked(old, new), strict=True):
            plain = str(shown).replace("<mark>", "").replace("</mark>", "")
            if len(text) <= 48:
                assert html.unescape(plain) == text


class TestSamples:
    def test_the_same_change_in_many_rows_is_one_line(self) -> None:
        changes = [
            {"kind": "changed", "key": {"id": str(row)}, "column": "a", "old": "1", "new": str(2 + row % 2)}
            for row in range(10)
        ]
        lines = samples_view(changes, 20)
        assert [(line["new"], line["rows"], line["key"]) for line in lines] == [
            ("2", 5, "id = 0"),
            ("3", 5, "id = 1"),
        ]

    def test_the_same_row_of_a_multiset_is_one_line(self) -> None:
        row = {"kind": "extra", "key": None, "column": None, "old": None, "new": {"a": "1"}}
        (line,) = samples_view([row, row, row], 20)
        assert (line["rows"], line["left"], line["right"]) == (3, None, "a = 1")

    def test_rows_with_a_key_stay_apart(self) -> None:
        rows = [
            {"kind": "missing", "key": {"id": key}, "column": None, "old": {"id": key}, "new": None}
            for key in "123"
        ]
        assert [line["left"] for line in samples_view(rows, 20)] == ["id = 1", "id = 2", "id = 3"]

    def test_no_kind_crowds_out_another(self) -> None:
        many = [
            {"kind": kind, "key": None, "column": None, "old": str(number), "new": str(number)}
            for kind in ("missing", "extra")
            for number in range(100)
        ]
        kinds = [line["kind"] for line in samples_view(many, 20)]
        assert kinds == ["missing"] * 10 + ["extra"] * 10


class TestTimeline:
    def test_all_engines_share_the_scale_of_the_longest(self) -> None:
        shown = timelines(build_report(inputs.identical())["runs"])
        assert [entry["engine"] for entry in shown["engines"]] == ["standalone", "airflow", "prefect"]
        bars = [bar for entry in shown["engines"] for row in entry["rows"] for bar in row["bars"]]
        assert max(bar["left"] + bar["width"] for bar in bars) == pytest.approx(100, abs=0.01)

    def test_the_run_nearest_to_the_median_is_shown(self) -> None:
        airflow = timelines(build_report(inputs.identical())["runs"])["engines"][1]
        assert airflow["round"] == 1, "its stretch of 1.0 lies between those of rounds 2 and 3"

    def test_waiting_and_running_add_up_to_the_run(self) -> None:
        for entry in timelines(build_report(inputs.identical())["runs"])["engines"]:
            assert entry["waited"] + entry["ran"] == pytest.approx(entry["seconds"], abs=0.001)

    def test_no_run_no_timeline(self) -> None:
        assert timelines([]) == {"axis": [], "engines": []}


class TestTerminal:
    def printed(self, given: ReportInput, width: int = 80) -> str:
        out = io.StringIO()
        print_summary(build_report(given), FILES, Console(file=out, width=width, soft_wrap=True))
        return out.getvalue()

    def test_a_few_lines_say_it(self) -> None:
        said = self.printed(inputs.identical())
        assert said.startswith("= The rows are identical\n")
        assert "active_tree_region   139,402" in said
        assert "Prefect was 1.50 times as fast as Airflow" in said
        assert said.endswith("Report: r/report.html\n")
        assert len(said.splitlines()) < 14

    def test_a_difference(self) -> None:
        said = self.printed(inputs.different())
        assert said.startswith("≠ The rows differ\n") and "planted on purpose" in said

    def test_a_terminal_without_unicode_gets_question_marks_and_no_error(self) -> None:
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, encoding="latin-1")
        print_summary(build_report(inputs.different()), FILES, Console(file=out, soft_wrap=True))
        out.flush()
        assert raw.getvalue().startswith(b"? The rows differ\n")

    def test_what_was_not_compared_is_said(self) -> None:
        assert f"trees: {inputs.HOSTILE} was not compared." in self.printed(inputs.hostile(), 1000)

    def test_a_failed_run(self) -> None:
        said = self.printed(inputs.failed())
        assert said.startswith("? No comparison was possible\n")
        assert "OperationalError: server closed the connection unexpectedly" in said

    def test_what_looks_like_markup_of_the_terminal_is_printed_as_it_is(self) -> None:
        given = inputs.failed()
        last = given.runs[-1]
        broken = replace(last, run=replace(last.run, error="[red]x[/nothing] happened"))
        given = replace(given, runs=(*given.runs[:-1], broken))
        assert "[red]x[/nothing] happened" in self.printed(given)
