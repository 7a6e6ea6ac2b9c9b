"""The runtime gives Airflow's states under a real Prefect server."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from migration.writing.output import RUNTIME
from tests.migration.running import Ran

Run = Callable[..., Ran]
pytestmark = [pytest.mark.prefect, pytest.mark.slow]
HEAD = """
from prefect import flow, task
from replant_runtime import *
@task
def empty(): return None
@task
def fail(): raise ValueError("no")
@task
def skip(): raise AirflowSkipException("not today")
def e(name): return empty.with_options(name=name)
"""


def test_a_plain_chain_runs_and_succeeds(run_text: Run) -> None:
    ran = run_text(
        HEAD + "@flow\ndef main():\n    a = submit(e('a'))\n    b = submit(e('b'), after=[a])\n    return b\n"
    )
    assert (ran.state, ran.of("a"), ran.of("b")) == ("COMPLETED", "success", "success")


def test_failure_gives_upstream_failed_once_without_retries_and_the_leaf_decides(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
@flow
def main():
    a = submit(fail.with_options(name="a"))
    b = submit(empty.with_options(name="b", retries=3, retry_delay_seconds=600), after=[a])
    c = submit(e("c"), after=[b], rule="all_done")
    return c
"""
    )
    assert (ran.of("a"), ran.of("b"), ran.of("c")) == ("failed", "upstream_failed", "success")
    assert ran.state == "COMPLETED"  # as in Airflow: the leaf tasks' states make the run's


def test_retries_still_happen_and_fail_exception_ends_them(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
counts = {"a": 0, "b": 0}
@task(name="a", retries=2)
def a():
    counts["a"] += 1
    if counts["a"] < 3: raise ValueError
@task(name="b", retries=2)
def b():
    counts["b"] += 1
    raise AirflowFailException("for good")
@flow
def main():
    return [submit(a), submit(b)]
"""
    )
    assert ran.module.counts == {"a": 3, "b": 1}
    assert (ran.state, ran.of("a"), ran.of("b")) == ("FAILED", "success", "failed")


def test_a_branch_skips_descendants_but_not_the_join(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
@task(name="pick")
def pick(): return ["left", "join2"]
@flow
def main():
    p = submit(pick, kind="branch")
    left = submit(e("left"), after=[p])
    right = submit(e("right"), after=[p])
    behind = submit(e("behind"), after=[right])
    always = submit(e("always"), after=[p], rule="all_done")
    join = submit(e("join"), after=[left, behind], rule="none_failed_min_one_success")
    join2 = submit(e("join2"), after=[p, right], rule="none_failed")
    strict = submit(e("strict"), after=[left, behind])
    return [join, join2, strict, always]
"""
    )
    states = {name: ran.of(name) for name in ran.tasks}
    assert states == {
        "pick": "success", "left": "success", "right": "skipped", "behind": "skipped", "always": "skipped",
        "join": "success", "join2": "success", "strict": "skipped",
    }  # fmt: skip
    assert ran.state == "COMPLETED"


def test_short_circuits(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
@task
def no(): return False
@flow
def main():
    hard = submit(no.with_options(name="hard"), kind="short_circuit")
    h1 = submit(e("h1"), after=[hard])
    h2 = submit(e("h2"), after=[h1], rule="all_done")
    soft = submit(no.with_options(name="soft"), kind="soft_short_circuit")
    s1 = submit(e("s1"), after=[soft])
    s2 = submit(e("s2"), after=[s1], rule="all_done")
    return [h2, s2]
"""
    )
    assert {name: ran.of(name) for name in ("h1", "h2", "s1", "s2")} == {
        "h1": "skipped", "h2": "skipped", "s1": "skipped", "s2": "success"
    }  # fmt: skip


def test_expand_is_a_cross_product_and_nothing_skips(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
got = []
@task
def give(): return [1, 2, 3]
@task
def none(): return []
@task(name="pair")
def pair(x, y, z): got.append((x, y, z)); return x * y
@task(name="total")
def total(values): got.append(values)
@flow
def main():
    xs = submit(give)
    pairs = expand(pair, over={"x": xs, "y": [10, 20]}, z=0)
    t = submit(total, pairs)
    nothing = expand(empty.with_options(name="nothing"), over={"q": submit(none)})
    behind = submit(e("behind"), after=[nothing])
    each = expand(pair.with_options(name="each"), each=[{"x": 5, "y": 6, "z": 7}])
    return [t, behind, *each.futures]
"""
    )
    assert ran.tasks["pair"] == {"success": 6} and ran.tasks["nothing"] == {"skipped": 1}
    assert ran.of("behind") == "skipped"
    assert [10, 20, 20, 40, 30, 60] in ran.module.got and (5, 6, 7) in ran.module.got


def test_a_skip_spreads_and_a_result_of_a_skipped_task_is_none(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
got = []
@task(name="show")
def show(value): got.append(value)
@flow
def main():
    a = submit(skip.with_options(name="a"))
    b = submit(e("b"), after=[a])
    c = submit(show, a, rule="none_failed")
    return [b, c]
"""
    )
    assert (ran.of("a"), ran.of("b"), ran.of("show")) == ("skipped", "skipped", "success")
    assert ran.module.got == [None]


def test_setup_and_teardown(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
@flow
def main():
    up = submit(e("up"), kind="setup")
    work = submit(fail.with_options(name="work"), after=[up])
    down = submit(e("down"), after=[up, work], rule="all_done_setup_success", kind="teardown")
    down.wait()
    return work
"""
    )
    assert (ran.of("work"), ran.of("down"), ran.state) == ("failed", "success", "FAILED")


def test_templates_contexts_and_xcoms(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
got = {}
@task(name="push")
@with_context
def push(ti, ds, **context):
    ti.xcom_push(key="k", value=ds)
    ti.xcom_push(key="none", value=None)
    return {"a": context["params"]["p"], "conf": context["dag_run"].conf}
@task(name="pull")
@with_context
def pull(given, text, ti):
    got.update(given=given, text=text, k=ti.xcom_pull(task_ids="push", key="k"),
               r=ti.xcom_pull(task_ids=["push"]))
@flow
def main(p=3, logical_date: str | None = None, conf: dict | None = None):
    begin(dag_id="d", logical_date=logical_date, conf=conf, every="@daily", params={"p": p})
    a = submit(push)
    text = template("{{ ds }} {{ macros.ds_add(ds, 1) }} {{ next_ds }} {{ params.q }} "
                    "{{ ti.xcom_pull('push')['a'] }}", q=7)
    return submit(pull, item(a, "a"), text)
""",
        logical_date="2026-03-29T00:00:00+00:00",
        conf={"x": 1},
    )
    assert ran.state == "COMPLETED"
    assert ran.module.got == {
        "given": 3, "k": "2026-03-29", "text": "2026-03-29 2026-03-30 2026-03-30 7 3",
        "r": [{"a": 3, "conf": {"x": 1}}],
    }  # fmt: skip


def test_a_time_out_counts_as_a_failure(run_text: Run) -> None:
    ran = run_text(
        HEAD
        + """
import time
@task(name="slow", timeout_seconds=0.5)
def slow(): time.sleep(3)
@flow
def main():
    return submit(e("after"), after=[submit(slow)])
"""
    )
    assert (ran.of("slow"), ran.of("after"), ran.state) == ("failed", "upstream_failed", "FAILED")


@pytest.mark.parametrize(
    ("rule", "states", "expected"),
    [
        ("all_success", ["success", "skipped"], "skipped"),
        ("all_success", ["failed", "skipped"], "upstream_failed"),
        ("all_failed", ["failed", "upstream_failed"], "run"),
        ("all_failed", ["failed", "success"], "skipped"),
        ("one_success", ["failed", "success"], "run"),
        ("one_success", ["failed", "skipped"], "upstream_failed"),
        ("one_success", ["skipped", "skipped"], "skipped"),
        ("one_failed", ["success", "skipped"], "skipped"),
        ("one_failed", ["upstream_failed"], "run"),
        ("one_done", ["skipped", "upstream_failed"], "skipped"),
        ("none_failed", ["skipped", "success"], "run"),
        ("none_failed_min_one_success", ["skipped", "skipped"], "skipped"),
        ("none_failed_min_one_success", ["skipped", "failed"], "upstream_failed"),
        ("none_skipped", ["failed", "skipped"], "skipped"),
        ("all_skipped", ["skipped", "skipped"], "run"),
        ("all_skipped", ["skipped", "failed"], "skipped"),
        ("all_done_min_one_success", ["failed", "success"], "run"),
        ("all_done", ["failed"], "run"),
    ],
)
def test_the_rules(prefect_server: None, rule: str, states: list[str], expected: str) -> None:
    assert str(RUNTIME) in sys.path
    from replant_runtime import decide  # type: ignore[import-not-found]

    assert decide(rule, states) == expected


@pytest.mark.parametrize(
    ("every", "zone", "moment", "before"),
    [
        ("@daily", "UTC", "2026-03-29T00:00:00+00:00", "2026-03-28T00:00:00+00:00"),
        ("0 0 * * *", "Europe/Berlin", "2026-03-29T22:00:00+00:00", "2026-03-28T23:00:00+00:00"),
        ("*/5 * * * *", "UTC", "2026-03-29T00:00:00+00:00", "2026-03-28T23:55:00+00:00"),
    ],
)
def test_the_tick_before(prefect_server: None, every: str, zone: str, moment: str, before: str) -> None:
    from datetime import datetime

    from replant_settings import previous_tick  # type: ignore[import-not-found]

    assert previous_tick(every, datetime.fromisoformat(moment), zone) == datetime.fromisoformat(before)
