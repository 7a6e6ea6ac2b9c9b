"""Random DAGs of branches, short circuits, groups and trigger rules, with planned outcomes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

HEAD = """import datetime

from airflow import DAG
from airflow.exceptions import AirflowSkipException
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.sdk import TaskGroup


def act(task_id):
    if PLAN[task_id]["end"] == "fail":
        raise ValueError("as planned")
@SKIP@    return PLAN[task_id]["value"]


"""
SKIP = """    if PLAN[task_id]["end"] == "skip":
        raise AirflowSkipException
"""
EARLY = ("one_success", "one_failed", "one_done")
"""Rules with which Airflow starts a task before all before it has ended."""
RULES = (
    *EARLY, "all_failed", "all_done", "all_done", "none_failed", "none_failed", "none_failed_min_one_success",
    "none_failed_min_one_success", "none_skipped", "all_skipped", "all_done_min_one_success", "always",
)  # fmt: skip
OPERATORS = {
    "task": "PythonOperator", "empty": "EmptyOperator", "branch": "BranchPythonOperator",
    "hard": "ShortCircuitOperator", "soft": "ShortCircuitOperator",
}  # fmt: skip
DECIDERS = ("branch", "hard", "soft")


@dataclass
class _Task:
    task_id: str
    kind: str
    rule: str
    group: int | None
    before: list[int]
    decided: bool
    """A task that decides is somewhere before it."""


def dag_text(seed: int, skips: bool) -> str:
    """Give the text of a file with the DAG `d`; the same for the same seed.

    `skips`: tasks may skip themselves.
    """
    chance = random.Random(seed)
    prefixed = [chance.random() < 0.5 for _ in range(chance.randint(0, 2))]
    tasks: list[_Task] = []
    for number in range(chance.randint(4, 8)):
        group = chance.randrange(len(prefixed)) if prefixed and chance.random() < 0.5 else None
        task_id = f"g{group}.t{number}" if group is not None and prefixed[group] else f"t{number}"
        before = [one for one in range(number) if chance.random() < 0.35]
        decided = any(tasks[one].decided or tasks[one].kind in DECIDERS for one in before)
        rule = chance.choice(RULES) if before and chance.random() < 0.5 else "all_success"
        if decided and rule in EARLY:
            rule = "all_done"  # whether it starts before the decision is a matter of time
        kind = chance.choices(tuple(OPERATORS), (50, 10, 25, 8, 7))[0]
        tasks.append(_Task(task_id, kind, rule, group, before, decided))
    plan = {
        one.task_id: _outcome(one, number, tasks, skips, chance)
        for number, one in enumerate(tasks)
        if one.kind != "empty"
    }
    head = HEAD.replace("@SKIP@", SKIP if skips else "")
    return head + _written(tasks, prefixed, plan)


def _outcome(
    task: _Task, number: int, tasks: list[_Task], skips: bool, chance: random.Random
) -> dict[str, Any]:
    ends = ["fail"] * 4 + ["skip"] * 3 * skips
    end = chance.choice(ends) if chance.random() < len(ends) / 20 else "succeed"
    if task.kind != "branch":
        return {"end": end, "value": chance.random() < 0.4}
    behind = [one for one in tasks if number in one.before]
    # To name its own group would be to go every way, which plain flows refuse.
    groups = [f"g{one.group}" for one in behind if one.group is not None and one.group != task.group]
    named = [*(one.task_id for one in behind), *groups]
    if not named:
        return {"end": end, "value": None}
    several = chance.sample(named, chance.randint(1, len(named)))
    return {
        "end": end,
        "value": chance.choice([chance.choice(named), chance.choice(named), several, None, []]),
    }


def _written(tasks: list[_Task], prefixed: list[bool], plan: dict[str, Any]) -> str:
    lines = [
        f"PLAN = {plan!r}",
        "",
        "with DAG('d', schedule=None, start_date=datetime.datetime(2024, 1, 1)):",
    ]
    for number, has_prefix in enumerate(prefixed):
        lines.append(f"    g{number} = TaskGroup('g{number}', prefix_group_id={has_prefix})")
    for number, task in enumerate(tasks):
        given = [f"task_id='t{number}'"]
        given += ["python_callable=act", f"op_args=[{task.task_id!r}]"] if task.kind != "empty" else []
        given += [f"trigger_rule={task.rule!r}"] if task.rule != "all_success" else []
        given += ["ignore_downstream_trigger_rules=False"] if task.kind == "soft" else []
        given += [f"task_group=g{task.group}"] if task.group is not None else []
        lines.append(f"    t{number} = {OPERATORS[task.kind]}({', '.join(given)})")
    lines += [f"    t{one} >> t{number}" for number, task in enumerate(tasks) for one in task.before]
    return "\n".join([*lines, ""])
