"""The order in which engines run, and what is compared with what."""

from __future__ import annotations

import itertools

from comparison.rounds import pairs, turns


def test_neither_engine_is_always_first() -> None:
    planned = turns(("airflow", "prefect"), repeat=4)
    firsts = [turn.engine for turn in planned[::2]]
    assert all(left != right for left, right in itertools.pairwise(firsts))


def test_each_engine_has_one_warm_up_one_control_and_as_many_measured_runs_as_asked() -> None:
    planned = turns(("standalone", "airflow", "prefect"), repeat=3)
    for engine in ("standalone", "airflow", "prefect"):
        roles = [turn.role for turn in planned if turn.engine == engine]
        assert roles == ["warm-up", "measured", "control", "measured", "measured"]


def test_the_control_follows_round_1_whose_rows_it_is_compared_with() -> None:
    planned = turns(("airflow", "prefect"), repeat=2)
    assert [(turn.role, turn.round) for turn in planned[2:6:2]] == [("measured", 1), ("control", 1)]


def test_no_two_runs_share_a_label() -> None:
    planned = turns(("standalone", "airflow", "prefect"), repeat=5)
    assert len({turn.label for turn in planned}) == len(planned)


def test_airflow_is_old_and_prefect_is_new_and_that_pair_comes_first() -> None:
    assert pairs(("standalone", "airflow", "prefect"))[0] == ("airflow", "prefect")
    assert pairs(("airflow", "prefect")) == (("airflow", "prefect"),)


def test_every_pair_of_engines_is_compared_with_standalone_as_the_old_side() -> None:
    found = pairs(("standalone", "airflow", "prefect"))
    assert set(found[1:]) == {("standalone", "airflow"), ("standalone", "prefect")}
