"""What a task waits for in the run before, and that a wait ends when its run is stopped."""

from __future__ import annotations

import contextvars
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.migration.running import Ran

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FLOW = """
import prefect
from prefect import flow, task
from replant_runtime import *
outcome = {{"fails": {fails}}}
@task(name="work")
def work():
    if outcome["fails"]: raise ValueError("no")
@flow(name="{name}")
def main():
    return submit(work, depends_on_past={past})
"""


def test_the_first_run_goes_and_a_good_one_lets_the_next_go(run_text: Callable[..., Ran]) -> None:
    for _ in range(2):
        assert run_text(FLOW.format(fails=False, past=True, name="past good")).state == "COMPLETED"


def test_a_failure_holds_the_next_one_up(
    run_text: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_text(FLOW.format(fails=True, past=True, name="past bad")).state == "FAILED"
    import replant_past  # type: ignore[import-not-found]

    class WaitedError(Exception):
        pass

    def waited(seconds: float) -> None:
        raise WaitedError

    # the wait would last until the earlier run is put right: seen by its first pause
    monkeypatch.setattr(replant_past, "rest", waited)
    from prefect.runtime import flow_run

    monkeypatch.setattr(flow_run, "get_flow_name", lambda: "past bad")
    monkeypatch.setattr(flow_run, "get_scheduled_start_time", lambda: datetime.now(UTC))
    with pytest.raises(WaitedError):
        replant_past.wait_for_own_past("work")


PLAIN = """
    from datetime import timedelta
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import PythonOperator
    fails = [False]
    def work():
        if fails[0]: raise ValueError("no seeds")
    with DAG({name!r}, schedule="@daily", default_args={{"depends_on_past": {past}}}):
        first = PythonOperator(task_id="work", python_callable=work)
        more = PythonOperator(task_id="works", python_callable=work, retries=1, retry_delay=timedelta(0))
        first >> EmptyOperator(task_id="free", depends_on_past=False) >> EmptyOperator(task_id="last")
"""


def test_a_plain_task_waits_by_a_decorator(converted: Any) -> None:
    made = converted(PLAIN.format(name="past_text", past=True))
    assert made.dag.status == "converted" and "replant_" not in made.text
    # both tasks of `work`, and `last`, but not `free`
    assert made.text.count("\n@depends_on_past\n") == 2
    assert (
        "@task\n@depends_on_past\ndef work(" in made.text
        and "@depends_on_past\ndef empty_after_past(" in made.text
    )
    assert '\n@task(name="free")\ndef empty' in made.text
    assert made.note("work.depends_on_past")[0] == "equivalent"
    assert "depends_on_past" not in converted(PLAIN.format(name="no_past", past=False)).text


def test_plain_tasks_are_held_up_until_the_run_before_is_tried_again(converted: Any) -> None:
    from prefect.flow_engine import run_flow

    made = converted(PLAIN.format(name="past_held_up", past=True))
    names = ("work", "works", "free", "last")
    ran = made.run()  # the first has no past
    assert [ran.of(name) for name in names] == ["success"] * 4
    broken = made.run_patched(lambda module: module.fails.__setitem__(0, True))
    assert [broken.of(name) for name in names] == ["failed", "failed", "not called", "not called"]
    held: list[str] = []

    def watch(module: Any) -> None:
        wait, ask = module.wait_until, module.succeeded_before

        def noted(task_name: str) -> bool:
            found = bool(ask(task_name))
            held.extend([] if found else [task_name])
            return found

        module.succeeded_before = noted
        module.wait_until = lambda check, every, at_most: wait(check, 1, at_most)

    def put_right() -> None:
        deadline = time.monotonic() + 60
        while (held.count("work") < 2 or held.count("works") < 2) and time.monotonic() < deadline:
            time.sleep(0.1)
        broken.module.fails[0] = False
        run_flow(broken.module.past_held_up, flow_run=_last_failed("past_held_up"), return_type="state")

    operator = threading.Thread(target=contextvars.copy_context().run, args=(put_right,))
    operator.start()
    ran = made.run_patched(watch)
    operator.join()
    assert held.count("work") >= 2 and held.count("works") >= 2 and "free" not in held
    assert ran.state == "COMPLETED"
    assert {name: dict(ran.tasks[name]) for name in names} == {
        name: {"success": 2} for name in names
    }  # of both runs


def _last_failed(name: str) -> Any:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowRunFilter

    own = FlowFilter.model_validate({"name": {"any_": [name]}})
    failed = FlowRunFilter.model_validate({"state": {"type": {"any_": ["FAILED"]}}})
    with get_client(sync_client=True) as client:
        [found] = client.read_flow_runs(flow_filter=own, flow_run_filter=failed)
    return found


@pytest.mark.parametrize(
    ("argument", "beside"),
    [
        ("wait_for_downstream=True", ""),
        ("depends_on_past=True, trigger_rule='all_done'", ""),
        ("depends_on_past=True", "task(print_it, depends_on_past=True).expand(what=[1, 2])"),
    ],
)
def test_what_may_lack_in_a_run_or_be_several_is_looked_at_by_the_runtime(
    converted: Any, argument: str, beside: str
) -> None:
    made = converted(f"""
        from airflow import DAG
        from airflow.decorators import task
        from airflow.operators.empty import EmptyOperator
        def print_it(what): print(what)
        with DAG("d", schedule="@daily"):
            a = EmptyOperator(task_id="a")
            a >> EmptyOperator(task_id="b", {argument}) >> EmptyOperator(task_id="c")
            {beside}
    """)
    assert made.dag.status == "converted"
    assert "def depends_on_past" not in made.text and "depends_on_past=" in made.text


def test_what_is_behind_a_task_may_hold_it_up_too(converted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        with DAG("d", schedule_interval="@daily"):
            a = BashOperator(task_id="a", bash_command="true", wait_for_downstream=True)
            a >> [BashOperator(task_id=name, bash_command="true") for name in ("b", "c")]
    """)
    assert made.dag.status == "converted" and made.note("a.wait_for_downstream")[0] == "equivalent"
    import replant_past

    states: dict[str, list[str | None]] = {
        "a": ["success"],
        "b": ["failed", "success"],
        "c": [None, "success"],
    }
    asked: list[str] = []

    def state(run: Any, name: str) -> str | None:
        asked.append(name)
        known = states[name]
        return known.pop(0) if len(known) > 1 else known[0]

    monkeypatch.setattr(replant_past, "_runs", lambda *_, **__: ["a run before"])
    monkeypatch.setattr(replant_past, "_state", state)
    monkeypatch.setattr(replant_past, "rest", lambda seconds: None)
    assert made.run().state == "COMPLETED"
    # b, then c have to be put right first
    assert asked == ["a", "b", "a", "b", "c", "a", "b", "c"]


WAITS = """
from prefect import flow, task
from replant_runtime import *
@task(name="work")
def work(): {work}
@flow(name="stopped {past}")
def main():
    return submit(work, depends_on_past={past})
"""


def test_a_plain_wait_ends_when_the_run_is_stopped(converted: Any) -> None:
    made = converted(PLAIN.format(name="past_stopped", past=True))
    stop = threading.Timer(6, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    stop.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        made.run_patched(lambda module: setattr(module, "succeeded_before", lambda task_name: False))
    assert time.monotonic() - began < 40


@pytest.mark.parametrize(("past", "work"), [(True, "..."), (False, "wait_until(lambda: False, 60, 600)")])
def test_a_wait_ends_when_the_run_is_stopped(
    run_text: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, past: bool, work: str
) -> None:
    import replant_past

    monkeypatch.setattr(replant_past, "_runs", lambda *_, **__: ["a run before"])
    monkeypatch.setattr(replant_past, "_state", lambda *_, **__: "failed")
    monkeypatch.setattr(replant_past.wait_for_own_past, "__defaults__", (True, 60.0))
    stop = threading.Timer(6, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    stop.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_text(WAITS.format(past=past, work=work))
    assert time.monotonic() - began < 40
