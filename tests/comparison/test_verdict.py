"""The verdict on every kind of comparison; and that noise never hides a difference that was planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparison.evidence import OutputPair
from comparison.noise import FRESH_ROWS
from comparison.report.build import ReportInput
from comparison.tables.records import (
    ColumnDifference,
    OutputDifference,
    Sample,
    SchemaDifference,
)
from comparison.verdict import Verdict, judge, judge_output
from engines.run import EngineName
from tests.comparison.report import inputs


def verdict(given: ReportInput, *more: OutputPair) -> Verdict:
    return judge(given.runs, (*given.pairs, *more), engines=given.engines, facts=given.facts)


def keyed(*cells: tuple[str, str, str, str], rows: int = 100) -> OutputDifference:
    """An output `t` with key `id`; each cell is (id, column, old, new)."""
    columns = {column for _, column, _, _ in cells}
    return OutputDifference(
        "t",
        ("id",),
        rows,
        rows,
        len({key for key, *_ in cells}),
        0,
        0,
        tuple(
            ColumnDifference(name, changed := sum(cell[1] == name for cell in cells), changed / rows)
            for name in sorted(columns)
        ),
        tuple(Sample("changed", (key,), column, old, new) for key, column, old, new in cells),
    )


def rows_only(kind: Any, *keys: str) -> OutputDifference:
    """An output `t` of which one side lacks these rows."""
    samples = tuple(
        Sample(
            kind,
            (key,),
            None,
            {"id": key} if kind == "missing" else None,
            {"id": key} if kind == "extra" else None,
        )
        for key in keys
    )
    count = len(keys)
    return OutputDifference(
        "t", ("id",), 100, 100, 0, count * (kind == "missing"), count * (kind == "extra"), (), samples
    )


def multiset(kind: Any, *rows: str) -> OutputDifference:
    samples = tuple(
        Sample(kind, None, None, row if kind == "missing" else None, row if kind == "extra" else None)
        for row in rows
    )
    return OutputDifference(
        "t", (), 100, 100, None, len(rows) * (kind == "missing"), len(rows) * (kind == "extra"), (), samples
    )


def between(difference: OutputDifference | None, problem: str | None = None) -> OutputPair:
    return OutputPair("airflow", "prefect", "t", difference, problem)


def control(difference: OutputDifference, engine: EngineName = "airflow") -> OutputPair:
    return OutputPair(engine, engine, "t", difference)


def word(side: OutputDifference, *controls: OutputPair) -> str:
    pair = between(side)
    return judge_output(pair, (pair, *controls)).word


NOTHING = keyed()


class TestWhole:
    def test_the_same_rows(self) -> None:
        found = verdict(inputs.identical())
        assert (found.word, found.exit_code) == ("identical", 0)
        assert "tree_region" in found.reason

    def test_a_planted_difference(self) -> None:
        found = verdict(inputs.different())
        assert (found.word, found.exit_code) == ("different", 1)
        assert "tree_region: 3 changed, 1 missing and 1 extra of 148,310 rows" in found.reason
        assert "Standalone to Airflow: identical" in found.reason

    def test_a_failed_run_comes_before_everything_and_gives_the_engines_own_words(self) -> None:
        found = verdict(inputs.failed())
        assert (found.word, found.exit_code) == ("not comparable", 2)
        assert "measured run on Prefect failed" in found.reason
        assert "server closed the connection unexpectedly" in found.reason

    @pytest.mark.parametrize("role", ["warm-up", "measured", "control"])
    def test_a_run_that_fails_in_any_role_makes_it_not_comparable(self, role: str) -> None:
        given = inputs.identical()
        runs = tuple(
            replace(roled, run=replace(roled.run, state="failed", error="broken"))
            if (roled.role, roled.run.engine, roled.round) == (role, "airflow", 0 if role == "warm-up" else 1)
            else roled
            for roled in given.runs
        )
        found = verdict(replace(given, runs=runs))
        assert found.word == "not comparable" and f"The {role} run on Airflow failed: broken." in found.reason

    def test_an_engine_that_never_ran(self) -> None:
        given = inputs.identical()
        runs = tuple(roled for roled in given.runs if roled.run.engine != "prefect")
        found = verdict(replace(given, runs=runs))
        assert found.word == "not comparable" and "no measured run on Prefect" in found.reason

    def test_inputs_that_were_not_the_same(self) -> None:
        given = inputs.identical()
        first = given.runs[0]
        other = replace(first, run=replace(first.run, input_hash="another"))
        found = verdict(replace(given, runs=(other, *given.runs[1:])))
        assert found.word == "not comparable" and "another input" in found.reason

    def test_nothing_compared(self) -> None:
        assert verdict(replace(inputs.identical(), pairs=())).word == "not comparable"

    def test_an_output_that_cannot_be_compared(self) -> None:
        found = verdict(inputs.identical(), between(None, "the key is not unique"))
        assert found.word == "not comparable" and "t: the key is not unique" in found.reason

    def test_a_difference_outweighs_an_output_that_cannot_be_compared(self) -> None:
        assert verdict(inputs.different(), between(None, "the key is not unique")).word == "different"

    def test_a_difference_in_the_last_round_only(self) -> None:
        pair = replace(between(keyed(("1", "a", "x", "y"))), round=3)
        assert verdict(inputs.identical(), between(NOTHING), pair).word == "different"

    def test_columns_that_only_one_side_has_are_a_difference(self) -> None:
        side = replace(NOTHING, schema=(SchemaDifference("note", "text", None),))
        found = judge_output(between(side), ())
        assert found.word == "different" and "note" in found.reason


class TestNoise:
    def test_without_a_control_nothing_is_noise(self) -> None:
        assert word(keyed(("1", "a", "x", "y"))) == "different"

    def test_the_same_cell_with_the_same_values_is_noise(self) -> None:
        side = keyed(("1", "a", "x", "y"))
        assert word(side, control(side)) == "identical but for noise"

    def test_a_clean_control_excuses_nothing(self) -> None:
        assert word(keyed(("1", "a", "x", "y")), control(NOTHING)) == "different"

    def test_another_row_is_not_excused(self) -> None:
        assert word(keyed(("1", "a", "x", "y")), control(keyed(("2", "a", "x", "y")))) == "different"

    def test_another_column_is_not_excused(self) -> None:
        assert word(keyed(("1", "b", "x", "y")), control(keyed(("1", "a", "x", "y")))) == "different"

    def test_a_value_that_the_old_engine_never_gave_is_not_excused(self) -> None:
        assert word(keyed(("1", "a", "x", "z")), control(keyed(("1", "a", "x", "y")))) == "different"

    def test_noise_of_the_new_engine_excuses_nothing(self) -> None:
        side = keyed(("1", "a", "x", "y"))
        assert word(side, control(side, "prefect")) == "different"

    def test_one_real_difference_among_noise_counts(self) -> None:
        side = keyed(("1", "a", "x", "y"), ("2", "a", "x", "y"))
        found = judge_output(between(side), (control(keyed(("1", "a", "x", "y"))),))
        assert (found.word, found.explained.by_noise, found.explained.real) == ("different", 1, 1)

    def test_a_difference_that_is_counted_but_not_listed_is_real(self) -> None:
        side = keyed(("1", "a", "x", "y"), ("2", "a", "x", "y"))
        cut = replace(side, samples=side.samples[:1])
        assert word(cut, control(side)) == "different"

    @pytest.mark.parametrize("kind", ["missing", "extra"])
    def test_a_row_that_comes_and_goes_by_itself_is_noise(self, kind: str) -> None:
        assert word(rows_only(kind, "1"), control(rows_only(kind, "1"))) == "identical but for noise"
        assert word(rows_only(kind, "1", "2"), control(rows_only(kind, "1"))) == "different"

    def test_a_row_that_is_there_with_other_content_is_not_excused(self) -> None:
        side = replace(rows_only("extra", "1"), samples=(Sample("extra", ("1",), None, None, {"id": "x"}),))
        assert word(side, control(rows_only("extra", "1"))) == "different"

    def test_rows_of_a_multiset_are_counted(self) -> None:
        once, twice = multiset("extra", "r"), multiset("extra", "r", "r")
        assert word(once, control(twice)) == "identical but for noise"
        assert word(once, control(multiset("missing", "r"))) == "identical but for noise"
        assert word(twice, control(once)) == "different"
        assert word(multiset("extra", "s"), control(once)) == "different"

    def test_a_column_that_is_new_in_every_row_is_named_and_cannot_be_compared(self) -> None:
        own = keyed(*((str(row), "at", "1", "2") for row in range(FRESH_ROWS)), rows=FRESH_ROWS)
        other = keyed(*((str(row), "at", "1", "3") for row in range(FRESH_ROWS)), rows=FRESH_ROWS)
        found = judge_output(between(other), (control(own),))
        assert found.word == "identical but for noise"
        assert found.explained.fresh == ("at",) and "Airflow itself fills at anew" in found.reason

    def test_such_a_column_excuses_no_other(self) -> None:
        own = keyed(*((str(row), "at", "1", "2") for row in range(FRESH_ROWS)), rows=FRESH_ROWS)
        cells = [(str(row), "at", "1", "3") for row in range(FRESH_ROWS)]
        assert word(keyed(*cells, ("4", "a", "x", "y"), rows=FRESH_ROWS), control(own)) == "different"

    def test_a_few_rows_that_all_differ_do_not_make_such_a_column(self) -> None:
        few = FRESH_ROWS - 1
        own = keyed(*((str(row), "at", "1", "2") for row in range(few)), rows=few)
        other = keyed(*((str(row), "at", "1", "3") for row in range(few)), rows=few)
        assert word(other, control(own)) == "different"

    def test_a_column_that_was_once_the_same_in_a_row_is_not_such_a_column(self) -> None:
        own = keyed(*((str(row), "at", "1", "2") for row in range(50)), rows=51)
        other = keyed(*((str(row), "at", "1", "3") for row in range(51)), rows=51)
        assert word(other, control(own)) == "different"


CELLS = st.dictionaries(
    st.tuples(st.integers(0, 30).map(str), st.sampled_from("ab")), st.sampled_from("xyz"), max_size=20
)


@settings(max_examples=60, deadline=None)
@given(CELLS, st.integers(31, 60).map(str), st.sampled_from("ab"))
def test_whatever_the_noise_a_planted_cell_shows(
    noisy: dict[tuple[str, str], str], key: str, column: str
) -> None:
    cells = [(row, name, "old", value) for (row, name), value in noisy.items()]
    own = control(keyed(*cells))
    expected = "identical but for noise" if cells else "identical"
    assert word(keyed(*cells), own) == expected
    assert word(keyed(*cells, (key, column, "old", "planted")), own) == "different"


def test_a_pair_is_compared_or_explained() -> None:
    with pytest.raises(ValueError, match="either"):
        between(None)
    with pytest.raises(ValueError, match="either"):
        between(NOTHING, "and a problem")
