"""Writes one DAG as a flow: its tasks' calls in order, each waiting for what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migration import order
from migration.base import base_options
from migration.constructs import registry
from migration.dag_arguments import FlowOptions, flow_options
from migration.graph import Dag, Task
from migration.literals import Values, identifier
from migration.plan import CONVERTED, REFUSED, Claim, Code, RefusedError, Work, Written, refused
from migration.site import Site

REFUSING = '''def @NAME@(reason: str) -> None:
    """Stand for a task that could not be converted."""
    raise RuntimeError(reason)
'''


@dataclass
class Call:
    """One task of the DAG as it will be called."""

    task: Task
    written: Written
    options: dict[str, str]
    claims: dict[str, Claim]
    refusal: str = ""


@dataclass
class FlowPlan:
    """Everything about one DAG's flow before it becomes text."""

    dag: Dag
    site: Site
    calls: dict[str, Call]
    flow: FlowOptions
    order: list[str]
    values: Values
    tracked: bool = False
    linear: bool = False
    variables: dict[str, str] = field(default_factory=dict)


def plan(dag: Dag, site: Site, taken: set[str], doubts: tuple[tuple[int, str], ...]) -> FlowPlan:
    """Plan the flow of a DAG; what has no rule becomes a task that raises."""
    values = site.values()
    flow = flow_options(dag, site.style, values)
    calls = {task.task_id: _call(task, dag, site, values) for task in dag.tasks}
    made = FlowPlan(dag, site, calls, flow, order.topological(dag), values)
    made.tracked = any(_needs_rules(call, dag) for call in calls.values())
    made.linear = not made.tracked and order.is_line(dag, made.order)
    made.linear = made.linear and not any(call.written.over or call.written.each for call in calls.values())
    if not made.linear and not made.tracked:
        made.tracked = any(_takes_a_key(call.written) for call in calls.values())
    _check_references(made)
    return made


def _call(task: Task, dag: Dag, site: Site, values: Values) -> Call:
    before = set(values.imports), set(values.runtime), set(site.needed)
    try:
        options, claims = base_options(task, dag, values)
        written = registry().find(task).write(task, site)
        claims.update(written.claims)
        for argument in task.arguments:
            claims.setdefault(
                argument.name, refused(f"there is no rule for this argument of {task.operator}")
            )
        stopping = [f"{name}: {claim.note}" for name, claim in claims.items() if claim.status == REFUSED]
        if task.group and _mapped_group(dag, task.group):
            stopping.append("a mapped task group: write it as a flow that is called for each value")
        if stopping:
            raise RefusedError("; ".join(stopping))
        _try_values(written, site)
        return Call(task, written, {**options, **written.options}, claims)
    except RefusedError as error:
        values.imports, values.runtime, site.needed = set(before[0]), set(before[1]), set(before[2])
        reason = f"{task.task_id} ({task.operator}): {error.reason}"
        work = Work("refused", "not_converted", REFUSING)
        claims = {one.name: Claim(CONVERTED, "kept in the reason") for one in task.arguments}
        claims[error.attribute or "operator"] = refused(error.reason)
        return Call(task, Written(work, args=(reason,)), {}, claims, error.reason)


def _try_values(written: Written, site: Site) -> None:
    """Write everything once, so that what cannot be written is known before."""
    values = Values(site.callable_name, lambda task_id, key, steps: _stepless(steps))
    for one in (*written.args, *written.kwargs.values(), *(written.over or {}).values(), written.each):
        values.write(one)


def _stepless(steps: list[Any]) -> str:
    if steps:
        raise RefusedError(f"a result changed on the way by {steps[0][0]}; do that in a task")
    return ""


def _mapped_group(dag: Dag, group_id: str | None) -> bool:
    while group_id is not None:
        group = next(one for one in dag.groups if one.group_id == group_id)
        if group.mapping is not None:
            return True
        group_id = group.parent
    return False


def _needs_rules(call: Call, dag: Dag) -> bool:
    """Say whether the flow needs Airflow's states: a rule, a skip, a template, a setup, a mapping at run time."""
    task, written = call.task, call.written
    rule = task.get("trigger_rule", "all_success")
    has_rule = rule != "all_success" and bool(dag.before(task.task_id))
    mapped_late = written.each is not None or any(
        not isinstance(value, list) or not value or _has_result(value)
        for value in (written.over or {}).values()
    )
    has_past = bool(task.get("depends_on_past")) and not call.refusal
    return (
        has_past or has_rule or written.tracked or written.kind != "task" or bool(task.marks) or mapped_late
    )


def _has_result(value: Any) -> bool:
    if isinstance(value, dict):
        return "$result" in value or any(_has_result(one) for one in value.values())
    return isinstance(value, list) and any(_has_result(one) for one in value)


def _takes_a_key(written: Written) -> bool:
    return any(
        _keyed(one) for one in (*written.args, *written.kwargs.values(), *(written.over or {}).values())
    )


def _keyed(value: Any) -> bool:
    if isinstance(value, dict):
        if "$result" in value:
            return bool(value["key"] != "return_value")
        return any(_keyed(one) for one in value.values())
    return isinstance(value, list) and any(_keyed(one) for one in value)


def _check_references(made: FlowPlan) -> None:
    """A flow that only the runtime can run must not depend on what the runtime lacks."""
    for call in made.calls.values():
        if made.tracked and call.written.kind == "task" and call.task.marks.get("teardown"):
            call.written = _as_kind(call.written, "teardown")
        elif made.tracked and call.task.marks.get("setup"):
            call.written = _as_kind(call.written, "setup")


def _as_kind(written: Written, kind: str) -> Written:
    return Written(**{**written.__dict__, "kind": kind})


def body(
    made: FlowPlan, names: Mapping[str, str], shared: Mapping[str, Mapping[str, str]], taken: set[str]
) -> list[str]:
    """Give the lines of the flow function's body.

    `names`: the Prefect task of each work's key; `shared`: the options that its definition has already.
    """
    used = set(taken) | set(made.flow.parameters)
    lines = [*_ended(made), *_beginning(made)]
    ends = order.leaves(made.dag)
    for task_id in made.order:
        call = made.calls[task_id]
        needs_name = bool(made.dag.after(task_id)) or task_id in ends or call.task.marks.get("teardown")
        if made.linear:
            needs_name = _is_read(made, task_id)
        variable = _variable(task_id, used) if needs_name else ""
        made.variables[task_id] = variable
        text = _expression(made, call, names, shared)
        lines.append(f"{variable} = {text}" if variable else text)
    return lines + _ending(made, ends)


def _ended(made: FlowPlan) -> list[str]:
    if not made.flow.ends:
        return []
    made.values.imports |= {"from prefect.runtime import flow_run", "from prefect.states import Completed"}
    passed = f"if flow_run.scheduled_start_time > {made.flow.ends}:"
    return [passed + '\n        return Completed(name="Skipped", message="after the end of the schedule")']


def _beginning(made: FlowPlan) -> list[str]:
    if not made.tracked:
        return []
    parts = [f'dag_id="{made.dag.dag_id}"', "logical_date=logical_date", "conf=conf"]
    if made.flow.every:
        parts.append(f"every={made.flow.every}")
        if made.flow.timezone != "UTC":
            parts.append(f'timezone="{made.flow.timezone}"')
    if made.flow.parameters:
        shown = ", ".join(f'"{name}": {name}' for name in made.flow.parameters)
        parts.append(f"params={{{shown}}}")
    return [f"begin({', '.join(parts)})"]


def _ending(made: FlowPlan, ends: list[str]) -> list[str]:
    if made.linear:
        return []
    waits = [
        f"{made.variables[one.task.task_id]}.wait()"
        for one in made.calls.values()
        if one.task.marks.get("teardown") and one.task.task_id not in ends
    ]
    shown = []
    for name in ends:
        mapped = made.calls[name].written.over is not None or made.calls[name].written.each is not None
        star = "*" if mapped else ""
        shown.append(f"{star}{made.variables[name]}{'.futures' if mapped and made.tracked else ''}")
    result = shown[0] if len(shown) == 1 and not shown[0].startswith("*") else f"[{', '.join(shown)}]"
    return [*waits, f"return {result}"] if shown else waits


def _is_read(made: FlowPlan, task_id: str) -> bool:
    return any(edge.upstream == task_id and edge.kind == "data" for edge in made.dag.edges)


def _variable(task_id: str, used: set[str]) -> str:
    name = identifier(task_id)
    if name in used:
        name = f"{name}_run"
    number = 2
    stem = name
    while name in used:
        name = f"{stem}_{number}"
        number += 1
    used.add(name)
    return name


def _expression(
    made: FlowPlan, call: Call, names: Mapping[str, str], shared: Mapping[str, Mapping[str, str]]
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
    waits = _waits(made, call)
    made.values.imports |= values.imports
    made.values.runtime |= values.runtime
    if made.linear:
        return f"{work}({', '.join([*args, *kwargs])})"
    if made.tracked:
        return _tracked(made, call, work, args, kwargs, waits, values)
    after = [f"wait_for=[{', '.join(waits)}]"] if waits else []
    if written.over is not None:
        return f"{work}.map({', '.join([*_mapped(written, values, made), *after])})"
    return f"{work}.submit({', '.join([*args, *kwargs, *after])})"


def call_options(call: Call) -> dict[str, str]:
    """Give all options of a task's run, its name first."""
    return {"name": f'"{call.task.task_id}"', **call.options}


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
    if call.task.get("depends_on_past") and not call.refusal:
        extra.append("depends_on_past=True")
    if written.kind != "task":
        extra.append(f'kind="{written.kind}"')
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
    if len(over) == 1:
        return [*(f"{name}={values.write(one)}" for name, one in over.items()), *fixed]
    rows: list[list[Any]] = [[]]
    for one in over.values():
        rows = [[*row, item] for row in rows for item in one]
    columns = zip(*rows, strict=True)
    return [*(f"{name}={values.write(list(c))}" for name, c in zip(over, columns, strict=True)), *fixed]


def _waits(made: FlowPlan, call: Call) -> list[str]:
    """Give the tasks to wait for whose results are not passed."""
    passed = {
        task_id
        for one in (
            *call.written.args,
            *call.written.kwargs.values(),
            *(call.written.over or {}).values(),
            call.written.each,
        )
        for task_id in _results_in(one)
    }
    return [made.variables[name] for name in made.dag.before(call.task.task_id) if name not in passed]


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


__all__ = ["Call", "Code", "FlowPlan", "body", "call_options", "plan"]
