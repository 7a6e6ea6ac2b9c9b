"""Pools and a task's own limit: the limits that the report names hold tasks back, and only they do."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FORGETS = 5.2
"""Seconds after which Prefect's client asks again whether a tag has a limit."""
FILE = """
    import time
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models import Variable
    from airflow.operators.python import PythonOperator
    begun, spans, between, pauses = [], {{}}, [lambda: None], {{}}
    def work(name, seconds=1.5):
        began = time.time()
        begun.append(name)
        pauses.get(name, time.sleep)(seconds)
        spans.setdefault(name, []).append((began, time.time()))
    def prepare():
        between[0]()
    with DAG({name!r}, schedule=None, max_active_tasks={threads}):
        {lines}
"""
MANY = 8
FOUR = """for n in range(2):
            PythonOperator(task_id=f"t{{n}}", python_callable=work, op_args=["held"], pool={pool!r})
            PythonOperator(task_id=f"f{{n}}", python_callable=work, op_args=["free"], pool="free")
""".format


def file_of(name: str, lines: str, threads: int = MANY) -> str:
    """Give a DAG file."""
    return FILE.format(name=name, lines=lines, threads=threads)


def limit(note: str, slots: int | str = "SLOTS") -> None:
    """Make a limit by the command that the report gives, with the slots that it leaves open."""
    given = shlex.split(note.partition(": ")[2].replace("SLOTS", str(slots)))
    assert given[0] == "prefect", note
    program = str(Path(sys.executable).with_name("prefect"))
    env = {**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value())}
    done = subprocess.run([program, *given[1:]], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def together(spans: list[tuple[float, float]]) -> int:
    """Give the largest number of tasks that ran at one moment."""
    return max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)


@pytest.mark.parametrize("pool", ["trees", 'it\'s {x}, "seeds" / a & b <50%>'])
def test_a_pool_with_its_limit_holds_tasks_back_and_one_without_does_not(converted: Any, pool: str) -> None:
    made = converted(file_of(name="pooled", lines=FOUR(pool=pool)))
    assert made.dag.status == "converted" and made.note("t0.pool")[0] == "equivalent"
    limit(made.note("t0.pool")[1], 1)
    ran = made.run()
    assert ran.state == "COMPLETED" and together(ran.module.spans["free"]) == 2
    assert together(ran.module.spans["held"]) == 1


def test_a_pool_of_two_flows_has_one_limit(converted: Any) -> None:
    one, other = (converted(file_of(name=f"shared_{name}", lines=FOUR(pool="shared"))) for name in "ab")
    assert one.note("t0.pool") == other.note("t0.pool")
    assert one.deployment["limits"] == other.deployment["limits"] == {"pool:shared": None, "pool:free": None}


def test_a_tasks_own_limit_counts_its_copies(converted: Any) -> None:
    lines = """for one in ("held", "free"):
            task(task_id=one, max_active_tis_per_dag=1)(work).expand(name=[one] * 2)
    """
    made = converted(file_of(name="own.limit", lines=lines))
    status, note = made.note("held.max_active_tis_per_dag")
    assert status == "equivalent" and note.endswith("prefect concurrency-limit create task:own.limit.held 1")
    limit(note)
    spans = made.run().module.spans
    assert together(spans["free"]) == 2 and together(spans["held"]) == 1


def test_a_limit_counts_what_begins_a_while_after_it_was_made(converted: Any) -> None:
    made = converted(file_of(name="late_limit", lines="""
        for n in range(2):
            PythonOperator(task_id=f"l{n}", python_callable=work, op_args=["long", 60], pool="late")
        more = [PythonOperator(task_id=f"t{n}", python_callable=work, op_args=["held"], pool="late")
                for n in range(2)]
        PythonOperator(task_id="make", python_callable=prepare) >> more
    """))  # fmt: skip

    def make_it_late(module: Any) -> None:
        def make() -> None:
            while len(module.begun) < 2:
                time.sleep(0.1)
            with get_client(sync_client=True) as client:
                client.create_concurrency_limit("pool:late", 1)
            time.sleep(FORGETS)

        def until_held(seconds: float) -> None:
            deadline = time.monotonic() + seconds
            while "held" not in module.begun and time.monotonic() < deadline:
                time.sleep(0.1)

        module.between[0], module.pauses["long"] = make, until_held

    spans = made.run_patched(make_it_late).module.spans
    assert together(spans["long"]) == 2 and together(spans["held"]) == 1
    # what was running before holds no slot
    assert min(begin for begin, _ in spans["held"]) < min(end for _, end in spans["long"])


def test_a_dags_own_limit_is_that_of_one_run(converted: Any) -> None:
    four = "for n in range(4): PythonOperator(task_id=f't{n}', python_callable=work, op_args=['own'])"
    for threads in (2, MANY):
        made = converted(file_of("threads", four, threads))
        assert made.note("max_active_tasks")[0] == "equivalent"
        assert together(made.run().module.spans["own"]) == min(4, threads)


@pytest.mark.parametrize("rule", ["none_failed", "all_done", "one_success"])
def test_one_task_at_a_time_is_enough_for_any_graph(converted: Any, rule: str) -> None:
    lines = f"""
        first, *arms, last = [PythonOperator(task_id=n, python_callable=work, op_args=[n, 0],
                                             trigger_rule="{rule}" if n == "last" else "all_success")
                              for n in ("first", "a", "b", "last")]
        first >> arms >> last
        last >> task(work).partial(seconds=0).expand(name=["x", "y"])
    """
    ran = converted(file_of("one_thread", lines, 1)).run()
    assert ran.state == "COMPLETED" and sorted(ran.module.spans) == ["a", "b", "first", "last", "x", "y"]


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("pool=Variable.get('POOL')", "--settings"),
        ("pool='of_' + Variable.get('POOL')", "--settings"),
        ("pool='p', pool_slots=2", "counts every task as one"),
        ("max_active_tis_per_dagrun=1", "no rule"),
    ],
)
def test_what_no_limit_can_say_is_refused(converted: Any, argument: str, reason: str) -> None:
    lines = f"PythonOperator(task_id='t', python_callable=work, op_args=['x'], {argument})"
    made = converted(file_of(name="no_limit", lines=lines))
    assert made.dag.status == "refused" and made.deployment["limits"] == {}
    assert any(reason in item.note for item in made.dag.items if item.status == "refused")
    assert made.run().state == "FAILED"


@pytest.mark.parametrize("name", ["max_active_runs", "max_active_tasks"])
def test_none_is_the_default_and_nothing_at_once_is_refused(converted: Any, name: str) -> None:
    text = """
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        with DAG("d", schedule=None, {name}={value}):
            EmptyOperator(task_id="t")
    """
    made = converted(text.format(name=name, value=None))
    assert made.dag.status == "converted" and made.deployment.get("concurrency_limit") is None
    assert made.run().state == "COMPLETED"
    none = converted(text.format(name=name, value=0))
    assert none.note(name)[0] == "refused" and "concurrency_limit" not in none.deployment
