"""Plans one DAG as a flow: what each task becomes, and how much of Airflow's rules the flow needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from migration.arguments import computed
from migration.arguments.accepted import passed_over
from migration.arguments.base import base_options
from migration.arguments.callbacks import AROUND, read_the_run
from migration.arguments.dag_arguments import flow_options
from migration.arguments.flow_options import FlowOptions
from migration.arguments.mapped_groups import REASON, mapped_group_of, spread
from migration.arguments.past import past_of
from migration.author.readers import may_pull
from migration.constructs import registry
from migration.graph import Dag, Task
from migration.writing import order, stops, teardowns
from migration.writing.branches import choices_of, ways_of
from migration.writing.literals import Values
from migration.writing.plan import CONVERTED, REFUSED, Claim, RefusedError, Work, Written, refused
from migration.writing.shape import DECIDERS, Shape, shape_of
from migration.writing.site import Site

REFUSING = '''def @NAME@(reason: str) -> None:
    """Stand for a task that could not be converted."""
    raise RuntimeError(reason)
'''


NO_RULE = "there is no rule for this argument of"
UNPUSHED = "the result is not pushed, and may be read: in Airflow that gives None; take one of both out"


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
    waiter: str = "wait"
    """What Prefect's function for waiting is called in the file."""
    shape: Shape | None = None
    """How branches and rules are written as plain Python, where they can be."""
    variables: dict[str, str] = field(default_factory=dict)


def plan(dag: Dag, site: Site, taken: set[str], doubts: tuple[tuple[int, str], ...]) -> FlowPlan:
    """Plan the flow of a DAG; what has no rule becomes a task that raises."""
    values = site.values()
    flow = flow_options(dag, site.style, values)
    calls = {task.task_id: _call(task, dag, site, values) for task in dag.tasks}
    flow.parameters |= {name: values.write(value) for name, value in site.own_params.items()}
    made = FlowPlan(dag, site, calls, flow, order.topological(dag), values)
    made.tracked = bool(flow.partition) or any(_needs_the_runtime(call, site) for call in calls.values())
    made.tracked = made.tracked or read_the_run(dag, site) or not _has_plain_teardowns(made)
    if any(_has_rule(call, dag) for call in calls.values()):
        has_past = any(past_of(task, dag) for task in dag.tasks)
        made.shape = None if made.tracked or has_past or not site.plain_rules else _shape(made)
        made.tracked = made.shape is None
        made.order = made.order if made.shape is None else made.shape.order
    if made.tracked:
        _refuse_groups(made)
    made.linear = not made.tracked and made.shape is None and order.is_line(dag, made.order)
    made.linear = made.linear and not any(call.written.over or call.written.each for call in calls.values())
    made.linear = made.linear and not any(teardowns.is_teardown(task) for task in dag.tasks)
    if not made.linear and not made.tracked:
        made.tracked = any(_takes_a_key(call.written) for call in calls.values())
    _check_references(made)
    _limit_branches(made)
    _wait_for_the_past(made)
    return made


def _is_read(task: Task, dag: Dag, site: Site) -> bool:
    has_data = any(edge.upstream == task.task_id and edge.kind == "data" for edge in dag.edges)
    return has_data or may_pull(site.source.text, task.task_id)


def _call(task: Task, dag: Dag, site: Site, values: Values) -> Call:
    before = set(values.imports), set(values.runtime), set(site.needed)
    try:
        computed.stop(task)
        options, claims = base_options(task, dag, values)
        written = registry().find(task).write(task, site)
        claims.update({**written.claims, **computed.claims_of(task, written)})
        for argument in task.arguments:
            rest = passed_over(task, argument) or refused(f"{NO_RULE} {task.operator}")
            claims.setdefault(argument.name, rest)
        stops.stop_at_own_params(task, written, site)
        stops.stop_at_mapped_templates(task, written)
        if task.get("do_xcom_push") is False and _is_read(task, dag, site):
            raise RefusedError(UNPUSHED, "do_xcom_push")
        stopping = [f"{name}: {claim.note}" for name, claim in claims.items() if claim.status == REFUSED]
        if stopping:
            raise RefusedError("; ".join(stopping))
        group = mapped_group_of(dag, task)
        if group is not None:
            written = spread(written, task, dag, group)
        _try_values(written, site)
        return Call(task, written, {**options, **written.options}, claims)
    except RefusedError as error:
        values.imports, values.runtime, site.needed = set(before[0]), set(before[1]), set(before[2])
        return _refused(task, error)


def _refused(task: Task, error: RefusedError) -> Call:
    reason = f"{task.task_id} ({task.operator}): {error.reason}"
    work = Work("refused", "not_converted", REFUSING)
    claims = {one.name: Claim(CONVERTED, "kept in the reason") for one in task.arguments}
    claims[error.attribute or "operator"] = refused(error.reason)
    return Call(task, Written(work, args=(reason,)), {}, claims, error.reason)


def _refuse_groups(made: FlowPlan) -> None:
    """Refuse mapped groups in flows that need Airflow's states: the runtime maps single tasks."""
    for name, call in made.calls.items():
        if call.written.zipped:
            reason = f"{name}: {REASON} in a flow with skips, rules or contexts; make it a flow of its own"
            made.calls[name] = _refused(call.task, RefusedError(reason))


def _try_values(written: Written, site: Site) -> None:
    """Write everything once, so that what cannot be written is known before."""
    values = Values(site.callable_name, lambda task_id, key, steps: _stepless(steps))
    for one in (*written.args, *written.kwargs.values(), *(written.over or {}).values(), written.each):
        values.write(one)


def _stepless(steps: list[Any]) -> str:
    if steps:
        raise RefusedError(f"a result changed on the way by {steps[0][0]}; do that in a task")
    return ""


def _needs_the_runtime(call: Call, site: Site) -> bool:
    """Say whether the task needs Airflow's states: a skip, a context, a setup, a late mapping."""
    task, written = call.task, call.written
    mapped_late = not written.zipped and _is_late(written)
    has_past = not call.refusal and _needs_a_past_by_states(task, written, site)
    has_end = any(task.get(name) for name in AROUND) and not call.refusal
    lacks = not call.refusal and stops.may_lack(task, written, site)
    return mapped_late or any((has_past, has_end, written.tracked, lacks))


def _has_plain_teardowns(made: FlowPlan) -> bool:
    """Say whether setups and teardowns, if there are any, are a matter of who waits for whom."""

    def is_simple(name: str) -> bool:
        call = made.calls[name]
        return call.written.kind == "task" and not (_is_mapped(call.written) or call.refusal)

    marked = any(task.marks for task in made.dag.tasks)
    return not marked or (made.site.plain_rules and teardowns.are_plain(made.dag, is_simple))


def _is_mapped(written: Written) -> bool:
    return written.over is not None or written.each is not None


def _needs_a_past_by_states(task: Task, written: Written, site: Site) -> bool:
    """Say whether it waits for several task runs of the run before, so that one may lack there."""
    several = _is_mapped(written) or not site.plain_rules
    return bool(task.get("wait_for_downstream")) or (several and bool(task.get("depends_on_past")))


def _has_rule(call: Call, dag: Dag) -> bool:
    """Say whether it decides what goes on, or has a rule of its own."""
    rule = call.task.get("trigger_rule", "all_success")
    has_own = rule != "all_success" and bool(dag.before(call.task.task_id))
    return call.written.kind != "task" or (has_own and not teardowns.is_teardown(call.task))


def _shape(made: FlowPlan) -> Shape | None:
    """Give the shape of a flow without mapping, keys of results and refusals."""
    for call in made.calls.values():
        written = call.written
        if _is_mapped(written) or call.refusal or _takes_a_key(written):
            return None
    kinds = {name: call.written.kind for name, call in made.calls.items()}
    choices = {
        name: choices_of(made.calls[name].task, made.dag, made.site)
        for name, kind in kinds.items()
        if kind in DECIDERS
    }
    return shape_of(made.dag, made.order, kinds, choices)


def _is_late(written: Written) -> bool:
    """Say whether it is mapped over values that are not there before the run, or over none."""
    return written.each is not None or any(
        not isinstance(value, list) or not value or _has_result(value)
        for value in (written.over or {}).values()
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


def _limit_branches(made: FlowPlan) -> None:
    """Let branches fail that name what Airflow does not take, unless their text says what they name."""
    for call in made.calls.values():
        if call.written.kind != "branch":
            continue
        if ways := ways_of(call.task, made.dag, made.site, plain=made.shape is not None):
            work = replace(call.written.work, key=f"{call.written.work.key} to {ways}", ways=ways)
            call.written = replace(call.written, work=work)


def _wait_for_the_past(made: FlowPlan) -> None:
    """Give the tasks of a plain flow the decorator that lets them wait for themselves in the run before."""
    waiting = [call for call in made.calls.values() if past_of(call.task, made.dag) and not call.refusal]
    others = {call.written.work.key for call in made.calls.values() if call not in waiting}
    for call in waiting if not made.tracked else ():
        work = call.written.work
        name = f"{work.name}_after_past" if work.key in others and not work.function else work.name
        work = replace(work, key=f"{work.key} after its past", name=name, past=True)
        call.written = replace(call.written, work=work)


def _as_kind(written: Written, kind: str) -> Written:
    return Written(**{**written.__dict__, "kind": kind})


def call_options(call: Call) -> dict[str, str]:
    """Give all options of a task's run, its name first."""
    return {"name": f'"{call.task.task_id}"', **call.options}
