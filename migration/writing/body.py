"""Writes the body of a flow: the tasks' calls in order, each waiting for what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migration.arguments.callbacks import first_of
from migration.arguments.past import past_of
from migration.writing import order, teardowns
from migration.writing.blocks import ALLOW, ENDS, RUNNING, Blocks, Line, listed, waiting
from migration.writing.branches import nameless_groups
from migration.writing.literals import Values, identifier
from migration.writing.plan import Written
from migration.writing.writer import Call, FlowPlan, call_options

PARTITION = ("partition_key", "update_partition")
"""Parameters of a flow that are none of its DAG's."""
OURS = frozenset({"wait", "wait_for_all", "allow_failure", "goes_to", "goes_on"})
"""Names that a flow's body uses, so that no variable may have them."""


def body(
    made: FlowPlan, names: Mapping[str, str], shared: Mapping[str, Mapping[str, str]], taken: set[str]
) -> list[Line]:
    """Give the lines of the flow function's body.

    `names`: the Prefect task of each work's key; `shared`: the options that its definition has already.
    """
    used = set(taken) | set(made.flow.parameters) | OURS
    made.waiter = "wait_for_all" if "wait" in taken else "wait"
    lines = [*_bounded(made), *(Line(text) for text in _beginning(made))]
    ends = order.leaves(made.dag)
    if made.shape is not None:
        return [*lines, *_shaped(made, names, shared, used, ends)]
    for task_id in made.order:
        call = made.calls[task_id]
        needs_name = bool(made.dag.after(task_id)) or task_id in ends or call.task.marks.get("teardown")
        if made.linear:
            needs_name = _is_read(made, task_id)
        variable = _variable(task_id, used, "result" if made.linear else "run") if needs_name else ""
        made.variables[task_id] = variable
        text = _expression(made, call, names, shared)
        lines.append(Line(f"{variable} = {text}" if variable else text, task=task_id))
    return lines + [Line(text) for text in _ending(made, ends)]


def _shaped(
    made: FlowPlan,
    names: Mapping[str, str],
    shared: Mapping[str, Mapping[str, str]],
    used: set[str],
    ends: list[str],
) -> list[Line]:
    """Write the calls inside the conditions of their branches and rules."""
    shape = made.shape
    if shape is None:
        raise ValueError("the flow has no shape")
    ends = shape.ends(made.dag, ends)
    running = shape.left_running(made.dag, ends)
    blocks = Blocks(shape, made.variables, ends, running, made.dag.before, made.dag.after, made.waiter)
    for task_id in made.order:
        if blocks.is_named(task_id):
            made.variables[task_id] = _variable(task_id, used)
    for task_id in made.order:
        if shape.maybe[task_id]:
            blocks.lists[task_id] = _variable(f"before_{task_id}", used)
    put = {one for task_id in made.order for one in blocks.collectors(task_id)}
    blocks.lists |= {one: _variable(one.strip("\0"), used) for one in (ENDS, RUNNING) if one in put}
    for task_id in made.order:
        passed = passed_to(made.calls[task_id])
        before = [one for one in made.dag.before(task_id) if one not in passed]
        text = _expression(made, made.calls[task_id], names, shared, blocks.waits(task_id, before))
        blocks.call(task_id, text)
    blocks.wait_at_end()
    made.values.imports |= blocks.imports
    made.values.runtime |= blocks.runtime
    return [*blocks.lines, Line(f"return {blocks.result()}")]


def _bounded(made: FlowPlan) -> list[Line]:
    """Give what ends a run at once that lies outside the schedule."""
    if not made.flow.starts and not made.flow.ends:
        return []
    made.values.imports |= {"from prefect.runtime import flow_run", "from prefect.states import Completed"}
    # a run of the past is given its date
    given = "logical_date is None and " if made.tracked or made.site.with_moments else ""
    lines = []
    for sign, bound, where in (
        ("<", made.flow.starts, "before the start"),
        (">", made.flow.ends, "after the end"),
    ):
        if bound:
            message = f'return Completed(name="Skipped", message="{where} of the schedule")'
            lines += [Line(f"if {given}flow_run.scheduled_start_time {sign} {bound}:"), Line(message, 1)]
    return lines


def _beginning(made: FlowPlan) -> list[str]:
    conf = ["conf = conf or {}"] if made.site.with_conf else []
    if not made.tracked:
        return [*(_logical_date(made) if made.site.with_moments else []), *conf]
    parts = [f'dag_id="{made.dag.dag_id}"', "logical_date=logical_date", "conf=conf"]
    if made.flow.every:
        parts.append(f"every={made.flow.every}")
        if made.flow.timezone not in ("", "UTC"):
            parts.append(f'timezone="{made.flow.timezone}"')
    names = [one for one in made.flow.parameters if one not in (*PARTITION, *made.site.own_params)]
    if names or made.flow.parameters.keys() & PARTITION:
        shown = ", ".join(f'"{name}": {name}' for name in names)
        parts.append(f"params={{{shown}}}")
    if made.flow.partition:
        parts.append(f"partition_key={made.flow.partition}")
    result = "logical_date = " if made.site.with_moments else ""
    if made.site.with_moments:
        made.values.imports.add("from datetime import datetime, timedelta")
    return [f"{result}begin({', '.join(parts)})", *conf]


def _logical_date(made: FlowPlan) -> list[str]:
    """Give the run's logical date a name."""
    made.values.imports |= {
        "from datetime import UTC, datetime, timedelta",
        "from prefect.runtime import flow_run",
    }
    moments = made.site.moments
    # Only the function has a type, without which the variable's own, with None, would stay.
    is_typed = moments is not None and moments.shift is not None
    moment = "flow_run.scheduled_start_time" if is_typed else "flow_run.get_scheduled_start_time()"
    moment = moment if moments is None else moments.start_of(moment)
    return [f"logical_date = logical_date or {moment}"]


def _ending(made: FlowPlan, ends: list[str]) -> list[str]:
    if made.linear:
        return []
    waits = [
        f"{made.variables[one.task.task_id]}.wait()"
        for one in made.calls.values()
        if made.tracked and teardowns.is_teardown(one.task) and one.task.task_id not in ends
    ]
    mapped = {
        name
        for name, call in made.calls.items()
        if call.written.over is not None or call.written.each is not None
    }
    if not made.tracked:
        running = order.left_running(made.dag, ends, many=mapped)
        made.values.imports |= {waiting(made.waiter)} if running else set()
        stars = [f"{'*' if name in mapped else ''}{made.variables[name]}" for name in running]
        waits += [f"{made.waiter}({listed(stars)})"] if running else []
    shown = []
    for name in ends:
        star = "*" if name in mapped else ""
        shown.append(f"{star}{made.variables[name]}{'.futures' if star and made.tracked else ''}")
    result = shown[0] if len(shown) == 1 and not shown[0].startswith("*") else f"[{', '.join(shown)}]"
    return [*waits, f"return {result}"] if shown else waits


def _is_read(made: FlowPlan, task_id: str) -> bool:
    return any(edge.upstream == task_id and edge.kind == "data" for edge in made.dag.edges)


def _variable(task_id: str, used: set[str], kind: str = "run") -> str:
    """Give a name for a task's run, or for its result."""
    name = identifier(task_id)
    if name in used:
        name = f"{name}_{kind}"
    number = 2
    stem = name
    while name in used:
        name = f"{stem}_{number}"
        number += 1
    used.add(name)
    return name


def _expression(
    made: FlowPlan,
    call: Call,
    names: Mapping[str, str],
    shared: Mapping[str, Mapping[str, str]],
    waits: list[str] | None = None,
) -> str:
    written = call.written
    work = names[written.work.key]
    known = shared[written.work.key]
    own = {name: text for name, text in call_options(call).items() if known.get(name) != text}
    if own:
        work = f"{work}.with_options({', '.join(f'{name}={text}' for name, text in own.items())})"
    values = Values(made.site.callable_name, lambda task_id, key, steps: _result(made, task_id, key))
    args = [values.write(one) for one in written.args]
    kwargs = [f"{name}={values.write(one)}" for name, one in written.kwargs.items()]
    waits = _waits(made, call) if waits is None else waits
    made.values.imports |= values.imports
    made.values.runtime |= values.runtime
    if made.linear:
        return f"{work}({', '.join([*args, *kwargs])})"
    if made.tracked:
        return _tracked(made, call, work, args, kwargs, waits, values)
    after = [f"wait_for={listed(waits)}"] if waits else []
    if written.over is not None:
        return f"{work}.map({', '.join([*_mapped(written, values, made), *after])})"
    return f"{work}.submit({', '.join([*args, *kwargs, *after])})"


def _tracked(
    made: FlowPlan,
    call: Call,
    work: str,
    args: list[str],
    kwargs: list[str],
    waits: list[str],
    values: Values,
) -> str:
    written = call.written
    extra = [f"after=[{', '.join(waits)}]"] if waits else []
    rule = call.task.get("trigger_rule", "all_success")
    if rule != "all_success" and made.dag.before(call.task.task_id):
        extra.append(f'rule="{rule}"')
    elif call.task.marks.get("teardown"):
        extra.append('rule="all_done_setup_success"')
    if (past := past_of(call.task, made.dag)) and not call.refusal:
        extra.append(f"depends_on_past={values.write(past)}")
    if call.task.get("post_execute") and not call.refusal:
        extra.append(f"then={values.write(call.task.get('post_execute'))}")
    if not call.refusal and (first := first_of(call.task, values)):
        extra.append(f"first=[{', '.join(first)}]")
    if written.kind != "task":
        extra.append(f'kind="{written.kind}"')
    if written.kind == "branch" and (groups := nameless_groups(made.dag)):
        extra.append(f"groups={values.write(groups)}")
    if written.over is not None or written.each is not None:
        over = ", ".join(f'"{name}": {values.write(one)}' for name, one in (written.over or {}).items())
        what = f"over={{{over}}}" if written.over is not None else f"each={values.write(written.each)}"
        return f"expand({', '.join([work, what, *kwargs, *extra])})"
    return f"submit({', '.join([work, *args, *kwargs, *extra])})"


def _mapped(written: Written, values: Values, made: FlowPlan) -> list[str]:
    """Give the arguments of `.map`: Airflow's product of several lists, written out for Prefect's zip."""
    over = dict(written.over or {})
    fixed = [f"{name}=unmapped({values.write(one)})" for name, one in written.kwargs.items()]
    if fixed:
        made.values.imports.add("from prefect import unmapped")
    if len(over) == 1 or written.zipped:
        return [*(f"{name}={values.write(one)}" for name, one in over.items()), *fixed]
    rows: list[list[Any]] = [[]]
    for one in over.values():
        rows = [[*row, item] for row in rows for item in one]
    columns = zip(*rows, strict=True)
    return [*(f"{name}={values.write(list(c))}" for name, c in zip(over, columns, strict=True)), *fixed]


def _waits(made: FlowPlan, call: Call) -> list[str]:
    """Give the tasks to wait for whose results are not passed."""
    passed = passed_to(call)
    allowed = set() if made.tracked else teardowns.allowed(call.task, made.dag)
    made.values.imports |= {ALLOW} if allowed else set()
    before = [name for name in made.dag.before(call.task.task_id) if name not in passed]
    shown = [made.variables[name] for name in before]
    return [f"allow_failure({v})" if n in allowed else v for n, v in zip(before, shown, strict=True)]


def passed_to(call: Call) -> set[str]:
    """Give the tasks whose results are passed."""
    written = call.written
    given = (*written.args, *written.kwargs.values(), *(written.over or {}).values(), written.each)
    return {task_id for one in given for task_id in _results_in(one)}


def _results_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$result"]] if "$result" in value else []
        return own + [name for one in value.values() for name in _results_in(one)]
    return [name for one in value for name in _results_in(one)] if isinstance(value, list) else []


def _result(made: FlowPlan, task_id: str, key: str) -> str:
    variable = made.variables[task_id]
    if key == "return_value":
        return variable
    return f"item({variable}, {key!r})".replace("'", '"') if made.tracked else f'{variable}["{key}"]'
