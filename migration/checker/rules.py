"""How Airflow decides: the states of a DAG's tasks for given outcomes, worked out apart from the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migration.graph import Dag, Task

Script = Mapping[str, Mapping[str, Any]]
"""For single tasks: {"fails": True}, or {"value": what it returns}. The others succeed."""
SUCCESS, FAILED, SKIPPED, UPSTREAM_FAILED = "success", "failed", "skipped", "upstream_failed"
BAD = (FAILED, UPSTREAM_FAILED)
BRANCHES = ("branch", "Branch")


def kind_of(task: Task) -> str:
    """Give how a task acts on what is behind it."""
    name = task.decorator or task.operator
    if task.marks.get("teardown"):
        return "teardown"
    if any(word in name for word in BRANCHES):
        return "branch"
    if "hort" in name and "ircuit" in name:
        return "short_circuit" if task.get("ignore_downstream_trigger_rules", True) else "soft_short_circuit"
    if task.operator == "LatestOnlyOperator":
        return "soft_short_circuit"
    return "setup" if task.marks.get("setup") else "task"


def rule_of(task: Task, dag: Dag) -> str:
    """Give a task's rule; without anything before it, it has none."""
    rule = str(task.get("trigger_rule", "all_success")) if dag.before(task.task_id) else "all_success"
    return "all_done_setup_success" if rule == "all_success" and task.marks.get("teardown") else rule


def is_simple(dag: Dag) -> bool:
    """Say whether all tasks simply wait for the success of those before."""
    return all(kind_of(task) == "task" and rule_of(task, dag) == "all_success" for task in dag.tasks)


def behind(dag: Dag) -> dict[str, set[str]]:
    """Give, for each task, all that is behind it."""
    found: dict[str, set[str]] = {}

    def look(name: str) -> set[str]:
        if name not in found:
            found[name] = set()
            for one in dag.after(name):
                found[name] |= {one} | look(one)
        return found[name]

    for task in dag.tasks:
        look(task.task_id)
    return found


def states(dag: Dag, script: Script) -> dict[str, str]:
    """Give each task's state when these are the outcomes."""
    later = behind(dag)
    found: dict[str, str] = {}
    cut: set[str] = set()
    """Skipped by a decision, whatever their rule is."""
    waiting = {task.task_id: task for task in dag.tasks}
    while waiting:
        name = next(one for one in waiting if not set(dag.before(one)) & waiting.keys())
        task = waiting.pop(name)
        if name in cut and rule_of(task, dag) not in ("always", "dummy"):  # they start before that
            found[name] = SKIPPED
            continue
        rule, before = rule_of(task, dag), dag.before(name)
        if rule == "all_done_setup_success":
            before = [one for one in before if dag.task(one).marks.get("setup")]
        found[name] = _after([found[one] for one in before], rule)
        if found[name] == SUCCESS and script.get(name, {}).get("fails"):
            found[name] = FAILED
        if found[name] == SUCCESS:
            cut |= _cut(task, script.get(name, {}).get("value"), dag, later)
    return found


def _cut(task: Task, value: Any, dag: Dag, later: Mapping[str, set[str]]) -> set[str]:
    """Give what a task's decision skips."""
    kind, right_behind = kind_of(task), set(dag.after(task.task_id))
    if kind == "branch":
        chosen = members(set(value if isinstance(value, list) else [value]) - {None}, dag)
        return right_behind - chosen.union(*(later.get(one, set()) for one in chosen))
    if kind == "short_circuit" and not value:
        return set(later[task.task_id])
    return right_behind if kind == "soft_short_circuit" and not value else set()


def members(chosen: set[str], dag: Dag) -> set[str]:
    """Give what a branch has named, the tasks of groups for the groups."""
    groups = {one.group_id for one in dag.groups if one.group_id in chosen}
    for _ in dag.groups:
        groups |= {one.group_id for one in dag.groups if one.parent in groups}
    return (chosen - groups) | {task.task_id for task in dag.tasks if task.group in groups}


def _after(before: list[str], rule: str) -> str:
    """Give a task's state by its rule, SUCCESS meaning that it runs."""
    if not before or rule in ("all_done", "always", "dummy"):
        return SUCCESS
    bad, skipped = sum(one in BAD for one in before), before.count(SKIPPED)
    good, total = before.count(SUCCESS), len(before)
    if rule == "all_success":
        return UPSTREAM_FAILED if bad else SKIPPED if skipped else SUCCESS
    if rule in ("none_failed", "none_failed_min_one_success", "none_failed_or_skipped"):
        nothing = skipped == total and rule != "none_failed"
        return UPSTREAM_FAILED if bad else SKIPPED if nothing else SUCCESS
    if rule in ("one_success", "all_done_setup_success"):
        return SUCCESS if good else SKIPPED if skipped == total else UPSTREAM_FAILED
    if rule == "one_failed":
        return SUCCESS if bad else SKIPPED
    if rule == "all_failed":
        return SUCCESS if bad == total else SKIPPED
    return "unknown"


def leaves(dag: Dag) -> list[str]:
    """Give the tasks whose states make the run's: nothing is behind them but teardowns that may fail."""
    may_fail = {
        t.task_id for t in dag.tasks if t.marks.get("teardown") and not t.marks.get("on_failure_fail_dagrun")
    }
    rest = [task.task_id for task in dag.tasks if task.task_id not in may_fail]
    return [name for name in rest if may_fail.issuperset(dag.after(name))]
