"""Random DAGs of mapped tasks, setups and teardowns, with planned outcomes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

HEAD = """import datetime

from airflow import DAG
from airflow.decorators import task
from airflow.exceptions import AirflowSkipException


def act(task_id, x=None):
    one = PLAN[task_id]
    if one["end"] == "fail" or x in one["failing"]:
        raise ValueError("as planned")
@SKIP@    return one["value"]


"""
SKIP = """    if one["end"] == "skip" or x in one["skipping"]:
        raise AirflowSkipException
"""
RULES = (
    "all_done", "none_failed", "none_failed_min_one_success", "one_success", "one_failed", "none_skipped",
    "all_failed",
)  # fmt: skip
KINDS = ("task", "setup", "teardown", "over values", "over a result")


@dataclass
class _Task:
    kind: str
    before: list[int]
    rule: str
    plan: dict[str, Any] = field(default_factory=dict)


def dag_text(seed: int, skips: bool) -> str:
    """Give the text of a file with the DAG `d`; the same for the same seed.

    `skips`: tasks may skip themselves.
    """
    chance = random.Random(seed)
    tasks: list[_Task] = []
    for number in range(chance.randint(4, 7)):
        before = [one for one in range(number) if chance.random() < 0.4]
        kind = chance.choices(KINDS, (45, 12, 13, 20, 10))[0]
        around = kind in ("setup", "teardown") or any(tasks[one].kind == "setup" for one in before)
        rule = chance.choice(RULES) if before and not around and chance.random() < 0.3 else "all_success"
        tasks.append(_Task(kind, before, rule, _plan(kind, skips, chance)))
    plan = {f"t{number}": one.plan for number, one in enumerate(tasks)}
    start = "with DAG('d', schedule=None, start_date=datetime.datetime(2024, 1, 1)):"
    lines = [line for number in range(len(tasks)) for line in _lines(number, tasks, chance)]
    head = HEAD.replace("@SKIP@", SKIP if skips else "")
    return "\n".join([f"{head}PLAN = {plan!r}", "", start, *lines, ""])


def _plan(kind: str, skips: bool, chance: random.Random) -> dict[str, Any]:
    mapped = kind.startswith("over")
    end = "succeed" if mapped else chance.choices(("succeed", "fail", "skip"), (17, 3, 2 * skips))[0]
    return {
        "end": end,
        "value": chance.choice([[1, 2], [3], [], [1, 2, 3]]),
        "failing": [1] if mapped and chance.random() < 0.2 else [],
        "skipping": [2] if mapped and skips and chance.random() < 0.2 else [],
    }


def _lines(number: int, tasks: list[_Task], chance: random.Random) -> list[str]:
    task = tasks[number]
    rule = f", trigger_rule={task.rule!r}" if task.rule != "all_success" else ""
    sources = [one for one in task.before if tasks[one].kind == "task"]
    call = f"f{number}()"
    if task.kind == "over values":
        call = f"f{number}.expand(x={chance.choice([[1, 2], [3, 4], [1, 2, 3], []])})"
    elif task.kind == "over a result" and sources:
        call = f"f{number}.expand(x=t{sources[0]})"
    lines = [
        f"    @task(task_id='t{number}'{rule})",
        f"    def f{number}(x=None): return act('t{number}', x)",
        f"    t{number} = {call}",
    ]
    setups = [one for one in task.before if tasks[one].kind == "setup"] if task.kind == "teardown" else []
    if task.kind == "setup":
        lines.append(f"    t{number}.as_setup()")
    if task.kind == "teardown":
        fails = ", on_failure_fail_dagrun=True" if chance.random() < 0.3 else ""
        named = f"[{', '.join(f't{one}' for one in setups)}]" if setups else "None"
        lines.append(f"    t{number}.as_teardown(setups={named}{fails})")
    return [*lines, *(f"    t{one} >> t{number}" for one in task.before if one not in setups)]
