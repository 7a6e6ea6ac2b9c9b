"""Compares what a written flow was seen to do with the recorded graph."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from migration.arguments.accepted import passed_over
from migration.checker.bounds import bound_differences
from migration.checker.commands import command_differences
from migration.checker.computed import frozen_values
from migration.checker.conf import conf_differences, lack_differences
from migration.checker.copies import other_rows
from migration.checker.dates import RESULT_OF, moment_differences
from migration.checker.options import option_differences
from migration.checker.other_flows import other_flow_differences
from migration.checker.outcomes import outcome_differences
from migration.checker.pods import lost_parts
from migration.checker.rules import kind_of
from migration.checker.starts import schedule_differences
from migration.graph import Dag, Expansion, Task

SCHEDULES = frozenset({"schedule", "schedule_interval", "timetable"})


def differences(
    dag: Dag,
    seen: Mapping[str, Any],
    deployment: Mapping[str, Any],
    refused: set[str],
    scripts: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Give what differs, one sentence each. Of a refused task only its name and edges are looked at.

    `refused`: names of tasks and of attributes.
    """
    dag = replace(dag, tasks=tuple(_as_taken(task) for task in dag.tasks))
    calls = {call["name"]: call for call in seen["calls"]}
    found = [*_names(dag, seen, calls)]
    plain = bool(scripts) and not any(call["how"] in ("runtime", "expand") for call in seen["calls"])
    if plain and not found:
        found += outcome_differences(dag, scripts, seen["tries"])
    if not found:
        found += _edges(dag, seen, calls)
        for task in dag.tasks:
            call = calls[task.task_id]
            if task.task_id in refused:
                if "could not be converted" not in call["doc"]:
                    found.append(f"{task.task_id} is refused, but the flow does not raise there")
                continue
            found += option_differences(task, call)
            found += _behaviour(task, call, dag, plain)
            found += _arguments(task, call, seen)
            found += lost_parts(task, call, seen)
            found += other_flow_differences(task, call)
        for other in seen["again"]:
            again = {call["name"]: call for call in other["calls"]}
            found += [one for task in dag.tasks if task.task_id not in refused
                      for one in _arguments(task, again[task.task_id], other)]  # fmt: skip
        found += [] if plain else _leaves(dag, seen)
        found += [] if refused else lack_differences(seen)
    if not refused & SCHEDULES:
        found += schedule_differences(dag, seen, deployment)
    return [*found, *bound_differences(seen)]


def _as_taken(task: Task) -> Task:
    """Leave out the default arguments that the operator does not take."""
    return replace(task, arguments=tuple(one for one in task.arguments if passed_over(task, one) is None))


def _names(dag: Dag, seen: Mapping[str, Any], calls: Mapping[str, Any]) -> Iterator[str]:
    if seen["name"] != dag.dag_id:
        yield f"the flow is named {seen['name']}"
    if len(calls) != len(seen["calls"]):
        yield "a task is called twice"
    expected = {task.task_id for task in dag.tasks}
    for name in sorted(expected ^ calls.keys()):
        yield f"the task {name} is {'missing' if name in expected else 'extra'}"


def _edges(dag: Dag, seen: Mapping[str, Any], calls: Mapping[str, Any]) -> Iterator[str]:
    order = [call["name"] for call in seen["calls"]]
    direct = all(call["how"] == "call" for call in seen["calls"])
    expected = {(edge.upstream, edge.downstream) for edge in dag.edges}
    if direct:
        for upstream, downstream in sorted(expected):
            if order.index(upstream) > order.index(downstream):
                yield f"{downstream} is called before {upstream}"
        for left, right in itertools.pairwise(order):
            if (left, right) not in expected:
                yield f"{right} waits for {left} without need"
        return
    found = {(name, call["name"]) for call in seen["calls"] for name in (*call["after"], *call["data"])}
    for upstream, downstream in sorted(expected - found):
        yield f"the edge {upstream} -> {downstream} is lost"
    for upstream, downstream in sorted(found - expected):
        yield f"the edge {upstream} -> {downstream} is new"


def _behaviour(task: Task, call: Mapping[str, Any], dag: Dag, plain: bool) -> Iterator[str]:
    """Compare a task's rule and kind; of a flow that decides in plain Python they were tried."""
    if not plain:
        rule = task.get("trigger_rule", "all_success")
        if task.marks.get("teardown") and rule == "all_success":
            rule = "all_done_setup_success"
        if dag.before(task.task_id) and call["rule"] != rule:
            yield f"{task.task_id} has the rule {call['rule']} instead of {rule}"
        kind = kind_of(task)
        if call["kind"] != kind:
            yield f"{task.task_id} acts as {call['kind']} instead of {kind}"
    past: bool | list[str] = bool(task.get("depends_on_past"))
    if task.get("wait_for_downstream"):
        past = dag.after(task.task_id) or True
    if call["past"] != past:
        yield f"{task.task_id} depends on the past by {call['past']} instead of {past}"
    if call["then"] != bool(task.get("post_execute")):
        yield f"{task.task_id} {'lost' if task.get('post_execute') else 'has an extra'} post_execute"
    first = list(_first(task))
    if call["first"] != first:
        yield f"{task.task_id} begins with {call['first']} instead of {first}"
    yield from _copies(task, call, dag)


def _first(task: Task) -> Iterator[Any]:
    """Give what is called before a task's own work."""
    for name in ("pre_execute", "on_execute_callback"):
        value = task.get(name)
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            called = one.get("function", one)
            function = str(called.get("$callable", "?")).rpartition(".")[2]
            if "$condition" in one:
                yield [one["$condition"], function, one["message"]]
            else:
                yield ["calls", function, None] if name == "on_execute_callback" else {"$other": function}


def _copies(task: Task, call: Mapping[str, Any], dag: Dag) -> Iterator[str]:
    """A mapped task has a copy for each combination; one of a mapped group, for each of the group."""
    group = _mapped_group(dag, task)
    mapped = task.mapping is not None or group is not None
    if mapped != (call["how"] in ("map", "expand")):
        yield f"{task.task_id} is {'not ' if mapped else ''}mapped"
    if group is not None:
        wanted = math.prod(len(one) for one in group.arguments.values())
        if len(call["copies"] or []) != wanted:
            yield f"{task.task_id} has {len(call['copies'] or [])} copies instead of {wanted}"
        yield from _columns(task, call, group)
    if task.mapping is not None:
        yield from other_rows(task, task.mapping, call)
        lists = list(task.mapping.arguments.values())
        is_known = all(isinstance(one, list) for one in lists)
        if not is_known and task.mapping.kind == "expand" and len(call["over"] or {}) != len(lists):
            yield f"{task.task_id} is mapped over other arguments"


def _mapped_group(dag: Dag, task: Task) -> Expansion | None:
    """Give what the group around the task is mapped over."""
    name = task.group
    while name is not None:
        group = next(one for one in dag.groups if one.group_id == name)
        if group.mapping is not None:
            return group.mapping
        name = group.parent
    return None


def _columns(task: Task, call: Mapping[str, Any], mapping: Expansion) -> Iterator[str]:
    """Each argument has its group's values in the order of the copies."""
    copies = list(itertools.product(*mapping.arguments.values()))
    names = list(mapping.arguments)
    for name, value in (task.get("call_arguments") or {}).items():
        if isinstance(value, dict) and "$mapped" in value:
            wanted = [copy[names.index(value["$mapped"])] for copy in copies]
            if [row.get(name) for row in call["copies"] or []] != wanted:
                yield f"{task.task_id} is not given the group's {name}"


def _arguments(task: Task, call: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    """Every fixed value that the operator was given must reach the task's call."""
    given, positional = _given(task)
    reached = [_shown(one) for one in (*call["args"], *call["kwargs"].values())]
    if call["how"] == "map" and task.mapping is None:
        reached += [_shown(one) for row in call["copies"] or [] for one in row.values()]
    for value in (*given.values(), *positional):
        for one in (
            value
            if isinstance(value, list) and value in [given.get(k) for k in given if k[:1] == "*"]
            else [value]
        ):
            ways = {_shown(one), _shown(_filled(one, seen["filled"])), _shown(_read(one))}
            if _comparable(one) and not ways & set(reached):
                yield f"{task.task_id} is not given {_shown(one)[:80]}"
    for name in given.keys() & call["kwargs"].keys():
        pulled = _filled(given[name], seen["filled"])
        is_text = isinstance(given[name], str) and _comparable(given[name])
        if is_text and call["kwargs"][name] not in (given[name], pulled, _read(given[name])):
            yield f"{task.task_id} is given something else as {name}"
    for name in (call["kwargs"].keys() & seen["context"].keys()) - given.keys():
        if call["kwargs"][name] != seen["context"][name]:
            yield f"{task.task_id} is given {call['kwargs'][name]} as {name}"
    yield from frozen_values(task, call)
    yield from moment_differences(task, call, seen)
    yield from command_differences(task, call)
    yield from conf_differences(task, call, seen)
    inner = task.get("subdag")
    if inner and call["args"] != [{"$flow": inner.get("$dag")}]:
        yield f"{task.task_id} does not run the flow of {inner.get('$dag')}"
    follow = [task.get("follow_task_ids_if_true"), task.get("follow_task_ids_if_false")]
    if all(follow) and call["args"][-2:] != follow:
        yield f"{task.task_id} goes the other way"


def _given(task: Task) -> tuple[dict[str, Any], list[Any]]:
    """Give the values that an operator was given, by name and without."""
    given = {**(task.get("call_arguments") or {}), **(task.get("op_kwargs") or {})}
    positional = list(task.get("op_args") or [])
    if task.get("templates_dict") and not task.get("templates_exts"):
        given["templates_dict"] = task.get("templates_dict")
    held = task.get("python_callable")
    if isinstance(held, dict) and "$partial" in held:
        given, positional = {**held["kwargs"], **given}, [*held["args"], *positional]
    for name in (
        "bash_command",
        "follow_task_ids_if_true",
        "follow_task_ids_if_false",
        "sql",
        "filepath",
        "conf",
        *(("env", "cwd") if task.operator == "BashOperator" else ()),
    ):
        value = task.get(name)
        is_file = isinstance(value, str) and value.endswith((".sh", ".bash", ".sql"))
        if value and not is_file and not (task.mapping and name in task.mapping.arguments):
            positional.append(value)
    return given, positional


def _filled(value: Any, texts: Mapping[str, str]) -> Any:
    """Give the value with its templates rendered, where dates and parameters are enough for that."""
    if isinstance(value, str):
        text = texts.get(value, value)
        task_id = text.removeprefix(RESULT_OF)
        return text if task_id == text else {"$result": task_id, "key": "return_value"}
    if isinstance(value, list):
        return [_filled(one, texts) for one in value]
    return {k: _filled(v, texts) for k, v in value.items()} if isinstance(value, dict) else value


def _read(value: Any) -> Any:
    """Give texts as Airflow's templates read them: their last line has no end."""
    if isinstance(value, str):
        lines = value.replace("\r\n", "\n").replace("\r", "\n")
        return lines[:-1] if lines.endswith("\n") else lines
    if isinstance(value, list):
        return [_read(one) for one in value]
    return {k: _read(v) for k, v in value.items()} if isinstance(value, dict) else value


def _comparable(value: Any) -> bool:
    if isinstance(value, dict):
        tags = [key for key in value if key.startswith("$")]
        return all(tag == "$result" for tag in tags) and all(
            _comparable(one) for k, one in value.items() if k != "steps"
        )
    if isinstance(value, list):
        return all(_comparable(one) for one in value)
    return not (isinstance(value, str) and "\u27e6" in value)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in sorted(value.items()) if k != "steps") + "}"
    return repr([_shown(one) for one in value]) if isinstance(value, list) else repr(value)


def _leaves(dag: Dag, seen: Mapping[str, Any]) -> Iterator[str]:
    if all(call["how"] == "call" for call in seen["calls"]):
        return
    returned = set(seen["returned"])
    passive = {
        t.task_id for t in dag.tasks if t.marks.get("teardown") and not t.marks.get("on_failure_fail_dagrun")
    }
    has_more = {edge.upstream for edge in dag.edges if edge.downstream not in passive}
    wanted = {task.task_id for task in dag.tasks} - passive - has_more
    for name in sorted(wanted - returned):
        yield f"the run's state does not follow {name}"
    for name in sorted(returned - wanted):
        yield f"the run's state follows {name}, which is no leaf"
    waited = set(seen["waited"]) | returned
    for name in sorted(passive - waited - {edge.upstream for edge in dag.edges}):
        yield f"nothing waits for {name}"
