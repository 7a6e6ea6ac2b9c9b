"""Timing figures against ones worked out by hand, and what must hold of any ratio."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparison.evidence import RoledRun, roled_as_json
from comparison.rounds import pairs
from comparison.timings import ratio_of, run_table, task_table, timing_figures
from comparison.timings.advice import with_repeat
from comparison.timings.ratio import LEVEL, coverage_bound, rounds_needed
from engines.run import EngineName, Run, TaskRun, Usage
from tests.comparison.report.inputs import BEGIN, ENGINES

COMMAND = "replant compare tree_clusters"
TIMES = st.lists(st.floats(0.01, 1000), min_size=2, max_size=8)
PAIRS = st.lists(st.tuples(st.floats(0.01, 1000), st.floats(0.01, 1000)), min_size=2, max_size=8)


def made(
    engine: EngineName,
    order: int,
    seconds: float,
    *,
    role: Any = "measured",
    number: int = 1,
    own: tuple[float, ...] = (1.0,),
    wait: float = 0.5,
    state: Any = "success",
) -> RoledRun:
    """A run of so many seconds whose tasks each waited `wait` and then ran as long as `own` says."""
    tasks, at = [], 0.0
    for index, length in enumerate(own):
        moments = [BEGIN + timedelta(seconds=value) for value in (at, at + wait, at + wait + length)]
        tasks.append(TaskRun(f"step_{index}", "success", moments[0], moments[1], moments[2]))
        at += wait + length
    run = Run(
        "example", engine, "dispatched", state,
        requested=BEGIN, started=BEGIN, ended=BEGIN + timedelta(seconds=seconds), tasks=tuple(tasks),
        usage=Usage(2.0, 100_000_000, 4.0, 300_000_000, None),
    )  # fmt: skip
    return RoledRun(run, role, order, number)


def figures(*runs: RoledRun, command: str = COMMAND) -> dict[str, Any]:
    return timing_figures([roled_as_json(run) for run in runs], pairs(ENGINES), command)


def of(found: dict[str, Any], engine: str) -> dict[str, Any]:
    return next(entry for entry in found["engines"] if entry["engine"] == engine)


class TestWhatCounts:
    def test_warm_ups_controls_and_failed_runs_are_in_no_median(self) -> None:
        found = figures(
            made("airflow", 1, 99.0, role="warm-up", number=0),
            made("airflow", 2, 10.0),
            made("airflow", 3, 50.0, role="control"),
            made("airflow", 4, 70.0, number=2, state="failed"),
        )
        assert of(found, "airflow")["runs"] == 1
        assert of(found, "airflow")["seconds"] == {"median": 10.0, "min": 10.0, "max": 10.0}

    def test_an_engine_without_a_measured_run_has_no_figures_and_no_ratio(self) -> None:
        found = figures(made("airflow", 1, 10.0), made("prefect", 2, 5.0, role="warm-up"))
        assert [entry["engine"] for entry in found["engines"]] == ["airflow"]
        assert found["ratios"] == []

    def test_a_run_that_ended_before_it_was_asked_for_is_in_no_figure_and_said(self) -> None:
        found = figures(
            made("airflow", 1, -2.0),
            made("airflow", 2, 4.0, number=2),
            made("prefect", 3, 2.0),
            made("prefect", 4, 2.0, number=2),
        )
        assert of(found, "airflow")["seconds"]["median"] == 4.0
        assert found["ratios"][0]["ratio"] == 0.5 and not found["ratios"][0]["paired"]
        assert "Run 1, on Airflow, ended 2 s before it was asked for" in found["warnings"][0]

    def test_no_runs_at_all(self) -> None:
        found = figures()
        assert found["engines"] == [] and found["ratios"] == [] and found["noise_floor"] is None


class TestByHand:
    def test_medians_and_range(self) -> None:
        runs = [
            made("airflow", order, seconds, number=order) for order, seconds in enumerate((10, 14, 11, 30), 1)
        ]
        assert of(figures(*runs), "airflow")["seconds"] == {"median": 12.5, "min": 10.0, "max": 30.0}

    def test_the_main_ratio_is_prefect_by_airflow(self) -> None:
        found = figures(
            made("airflow", 1, 10.0), made("prefect", 2, 5.0),
            made("prefect", 3, 6.0, number=2), made("airflow", 4, 12.0, number=2),
        )  # fmt: skip
        ratio = found["ratios"][0]
        assert (ratio["left"], ratio["right"], ratio["rounds"], ratio["paired"]) == (
            "airflow",
            "prefect",
            2,
            True,
        )
        assert ratio["ratio"] == pytest.approx(5.5 / 11)
        assert ratio["low"] == pytest.approx(0.5) and ratio["high"] == pytest.approx(0.5)

    def test_overhead_is_against_standalone_where_that_ran(self) -> None:
        found = figures(made("standalone", 1, 3.0, own=(1.0, 1.0)), made("airflow", 2, 9.0, own=(1.0, 1.0)))
        assert of(found, "airflow")["overhead"] == {
            "seconds": 6.0, "per_task": 3.0, "against": "standalone", "tasks": 2,
        }  # fmt: skip

    def test_tasks_side_by_side_take_their_time_once(self) -> None:
        roled = made("airflow", 1, 10.0, own=(3.0, 3.0))
        at = [(1, 5), (2, 6), (3, 4), (8, 9)]
        tasks = tuple(
            TaskRun(
                f"chunk[{n}]", "success", None, BEGIN + timedelta(seconds=a), BEGIN + timedelta(seconds=b)
            )
            for n, (a, b) in enumerate(at)
        )
        found = figures(replace(roled, run=replace(roled.run, tasks=tasks)))
        assert of(found, "airflow")["overhead"]["seconds"] == 4.0

    def test_overhead_is_against_the_tasks_themselves_otherwise(self) -> None:
        found = figures(made("airflow", 1, 9.0, own=(1.0, 2.0)))
        assert of(found, "airflow")["overhead"] == {
            "seconds": 6.0, "per_task": 3.0, "against": "its own tasks", "tasks": 2,
        }  # fmt: skip

    def test_queue_and_run_are_apart(self) -> None:
        found = figures(made("airflow", 1, 9.0, own=(2.0,), wait=0.25))
        task = of(found, "airflow")["tasks"][0]
        assert task["queue"]["median"] == 0.25 and task["run"]["median"] == 2.0

    def test_usage_that_was_not_measured_is_no_figure_rather_than_nought(self) -> None:
        entry = of(figures(made("airflow", 1, 9.0)), "airflow")
        assert entry["database_cpu_seconds"] is None
        assert entry["server_memory_bytes"]["median"] == 300_000_000

    def test_the_noise_floor_is_the_worst_pair_of_control_and_the_run_it_repeats(self) -> None:
        found = figures(
            made("airflow", 1, 10.0), made("airflow", 2, 11.0, role="control"),
            made("prefect", 3, 6.0), made("prefect", 4, 5.0, role="control"),
            made("airflow", 5, 40.0, number=2),
        )  # fmt: skip
        assert found["noise_floor"] == {"engine": "prefect", "ratio": pytest.approx(1.2)}


class TestTables:
    def test_one_row_per_run_in_order(self) -> None:
        runs = [roled_as_json(made("prefect", 2, 4.0)), roled_as_json(made("airflow", 1, 9.0))]
        assert list(run_table(runs)["engine"]) == ["airflow", "prefect"]
        assert list(run_table(runs)["run_seconds"]) == [9.0, 4.0]

    def test_one_row_per_run_and_task(self) -> None:
        table = task_table([roled_as_json(made("airflow", 1, 9.0, own=(1.0, 2.0)))])
        assert list(table["task"]) == ["step_0", "step_1"]
        assert list(table["seconds"]) == [1.0, 2.0]
        assert list(table["run_seconds"]) == [9.0, 9.0]

    def test_a_run_without_tasks_is_still_a_row(self) -> None:
        table = task_table([roled_as_json(made("airflow", 1, 9.0, own=()))])
        assert len(table) == 1 and table["task"].isna().all()


class TestRatio:
    @settings(max_examples=25, deadline=None)
    @given(TIMES)
    def test_the_same_runs_on_both_sides_are_1(self, times: list[float]) -> None:
        found = ratio_of(times, times)
        assert (found.ratio, found.low, found.high) == (1.0, 1.0, 1.0)

    @settings(max_examples=25, deadline=None)
    @given(TIMES, TIMES)
    def test_the_interval_holds_the_ratio_and_stays_within_the_extremes(
        self, left: list[float], right: list[float]
    ) -> None:
        found = ratio_of(left, right)
        assert found.low is not None and found.high is not None
        assert found.low <= found.ratio <= found.high
        slack = 1e-9
        assert found.low >= min(right) / max(left) * (1 - slack)
        assert found.high <= max(right) / min(left) * (1 + slack)
        assert found == ratio_of(left, right), "seeded: the same input gives the same figures"

    @settings(max_examples=25, deadline=None)
    @given(TIMES, st.floats(0.1, 10))
    def test_a_side_that_is_slower_by_a_factor_shows_that_factor(self, times: list[float], by: float) -> None:
        found = ratio_of(times, [time * by for time in times])
        assert found.ratio == pytest.approx(by)
        assert found.low == pytest.approx(by) and found.high == pytest.approx(by)

    @settings(max_examples=25, deadline=None)
    @given(PAIRS)
    def test_sides_swapped_give_the_inverse(self, pairs: list[tuple[float, float]]) -> None:
        left, right = ([pair[side] for pair in pairs] for side in (0, 1))
        there, back = ratio_of(left, right), ratio_of(right, left)
        assert there.ratio == pytest.approx(1 / back.ratio)

    def test_pairs_take_out_what_slows_both_sides(self) -> None:
        left = [10.0, 20.0, 11.0, 19.0, 10.5, 21.0]
        paired = ratio_of(left, [value / 2 for value in left])
        assert paired.low == paired.high == 0.5
        unpaired = ratio_of(left, [value / 2 for value in left[:-1]])
        assert not unpaired.paired
        assert unpaired.low is not None and unpaired.high is not None and unpaired.high - unpaired.low > 0.2

    def test_one_round_has_no_interval(self) -> None:
        found = ratio_of([10.0], [5.0])
        assert (found.ratio, found.low, found.high, found.coverage) == (0.5, None, None, 0.0)

    @pytest.mark.parametrize(("left", "right"), [([], [1.0]), ([1.0], []), ([0.0], [1.0]), ([-1.0], [1.0])])
    def test_nonsense_is_refused(self, left: list[float], right: list[float]) -> None:
        with pytest.raises(ValueError, match="run"):
            ratio_of(left, right)

    def test_an_interval_never_promises_more_than_its_rounds_can(self) -> None:
        assert [coverage_bound(rounds) for rounds in (1, 2, 3, 5)] == [0.0, 0.5, 0.75, 0.9375]
        assert rounds_needed() == 6 and coverage_bound(6) > LEVEL


class TestAdvice:
    def many(self, airflow: tuple[float, ...], prefect: tuple[float, ...]) -> list[str]:
        runs = [made("airflow", index, seconds, number=index) for index, seconds in enumerate(airflow, 1)]
        runs += [
            made("prefect", 100 + index, seconds, number=index) for index, seconds in enumerate(prefect, 1)
        ]
        return list(figures(*runs)["warnings"])

    def test_steady_runs_that_are_clearly_apart_need_no_warning(self) -> None:
        assert self.many((10.0, 10.1, 10.2, 9.9, 10.0, 10.1), (5.0, 5.1, 4.9, 5.0, 5.0, 5.1)) == []

    def test_one_round_says_that_no_interval_can_be_given_and_what_helps(self) -> None:
        (warning,) = self.many((10.0,), (5.0,))
        assert "no interval can be given" in warning
        assert "`replant compare tree_clusters --repeat 6`" in warning

    def test_few_rounds_say_how_little_the_interval_promises(self) -> None:
        (warning,) = self.many((10.0, 10.1, 10.0), (5.0, 5.0, 5.1))
        assert "75 %" in warning

    def test_unsteady_runs_are_named_with_the_figure(self) -> None:
        warnings = self.many((10.0, 16.0, 10.0, 10.0, 10.0, 10.0), (2.0,) * 6)
        assert len(warnings) == 1
        assert warnings[0].startswith(
            "Airflow: its 6 runs took 10 to 16 s, 30 % either way of the median of 10 s"
        )

    def test_several_unsteady_engines_share_one_warning(self) -> None:
        (warning,) = self.many((10.0, 16.0, 10.0, 10.0, 10.0, 10.0), (2.0, 2.0, 3.0, 2.0, 2.0, 2.0))
        assert "Airflow: its 6 runs" in warning and "; Prefect: its 6 runs" in warning

    def test_an_interval_that_includes_1_is_said(self) -> None:
        warnings = self.many((10.0, 10.5, 9.5, 10.2, 9.8, 10.1), (10.1, 9.9, 10.2, 9.7, 10.0, 10.3))
        assert any("includes 1" in warning for warning in warnings)

    def test_a_difference_within_the_noise_floor_is_said(self) -> None:
        runs = [made("airflow", index, 10.0, number=index) for index in range(1, 7)]
        runs += [made("prefect", 10 + index, 9.5, number=index) for index in range(1, 7)]
        runs += [made("airflow", 20, 11.0, role="control")]
        assert any("no more than two runs of Airflow" in warning for warning in figures(*runs)["warnings"])

    @pytest.mark.parametrize(
        ("command", "expected"),
        [
            ("replant compare p", "replant compare p --repeat 6"),
            ("replant compare p --repeat 2", "replant compare p --repeat 6"),
            ("replant compare p --repeat=2 --trees 5", "replant compare p --trees 5 --repeat 6"),
        ],
    )
    def test_the_command_is_the_users_own_with_more_rounds(self, command: str, expected: str) -> None:
        assert with_repeat(command, 6) == expected
