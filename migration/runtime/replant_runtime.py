"""Airflow's states and trigger rules on Prefect, for the flows that need them.

Of Airflow's states Prefect has success and failed. `submit` adds the other two: a skipped task is a task run
that is Completed with the name "Skipped", one that cannot run is Failed with the name "UpstreamFailed". The
rules are those of Airflow 3.3 (ti_deps/deps/trigger_rule_dep.py). A task waits until all tasks before it have
ended, also with rules such as one_success, for which Airflow would start earlier; the states are the same.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prefect import Task, allow_failure
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed
from replant_assets import (  # type: ignore[import-not-found]
    NEVER_EXPIRE,
    Asset,
    AssetAlias,
    Dataset,
    DatasetAlias,
    Metadata,
)
from replant_conditions import calls, chooses, run_if, skip_hook, skip_if  # type: ignore[import-not-found]
from replant_context import (  # type: ignore[import-not-found]
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    BaseHook,
    BaseOperator,
    BaseSensorOperator,
    Book,
    DownstreamTasksSkipped,
    Node,
    PokeReturnValue,
    PostgresHook,
    Template,
    Variable,
    airflow_hook,
    airflow_retry,
    begin,
    days_ago,
    emits,
    get_current_context,
    is_latest,
    running,
    template,
    wait_until,
    with_context,
)
from replant_masking import mask_secret  # type: ignore[import-not-found]
from replant_past import wait_for_own_past  # type: ignore[import-not-found]
from replant_references import (  # type: ignore[import-not-found]
    Expanded,
    inside,
    item,
    node_of,
    referred,
    resolved,
)
from replant_rules import ALWAYS, FAILED, GIVE_UP, RUN, SKIP, SUCCESS, decide  # type: ignore[import-not-found]
from replant_templates import WeekDay  # type: ignore[import-not-found]

__all__ = [
    "NEVER_EXPIRE",
    "AirflowException",
    "AirflowFailException",
    "AirflowSkipException",
    "Asset",
    "AssetAlias",
    "BaseHook",
    "BaseOperator",
    "BaseSensorOperator",
    "Dataset",
    "DatasetAlias",
    "DownstreamTasksSkipped",
    "Metadata",
    "PokeReturnValue",
    "PostgresHook",
    "Template",
    "Variable",
    "WeekDay",
    "airflow_hook",
    "airflow_retry",
    "begin",
    "calls",
    "chooses",
    "days_ago",
    "decide",
    "emits",
    "expand",
    "get_current_context",
    "is_latest",
    "item",
    "mask_secret",
    "run_if",
    "skip_hook",
    "skip_if",
    "submit",
    "template",
    "wait_until",
    "with_context",
]


def submit(
    work: Task[..., Any],
    *args: Any,
    after: Sequence[Any] = (),
    rule: str = "all_success",
    kind: str = "task",
    depends_on_past: bool | Sequence[str] = False,
    groups: Mapping[str, Sequence[str]] | None = None,
    first: Sequence[Callable[[dict[str, Any]], Any]] = (),
    then: Callable[[dict[str, Any], Any], Any] | None = None,
    **kwargs: Any,
) -> PrefectFuture[Any]:
    """Submit a task that runs, is skipped or gives up by Airflow's trigger rule.

    `kind`: "task"; "branch" (returns the ids of tasks or groups to follow), "short_circuit" (goes on if its
    result is true, else all that is behind it is skipped) or "soft_short_circuit" (skips only what is right
    behind it); "setup", "teardown". `groups`: the tasks of those groups whose id does not begin their names,
    for a branch to name. Inside the task, `first` are called with its context, `then` with its
    context and result.
    """
    book = running()
    before = [node for node in (node_of(book, one) for one in inside([after, args, kwargs])) if node]
    node = book.add(work.name, list(dict.fromkeys(before)), kind)
    node.depends_on_past, node.first, node.then = depends_on_past, first, then
    node.groups = groups or {}
    return _submitted(work, node, book, rule, args, kwargs)


def expand(
    work: Task[..., Any],
    *,
    over: Mapping[str, Any] | None = None,
    each: Any = None,
    after: Sequence[Any] = (),
    rule: str = "all_success",
    depends_on_past: bool | Sequence[str] = False,
    first: Sequence[Callable[[dict[str, Any]], Any]] = (),
    then: Callable[[dict[str, Any], Any], Any] | None = None,
    **fixed: Any,
) -> Expanded:
    """Map a task over the product of `over`'s values, or over a list of argument dictionaries `each`.

    Waits for what the values come from. No values: one task run, skipped, as in Airflow; UpstreamFailed if
    the task that they come from has failed. Where it cannot run, each copy says so, or, where the values are
    those of a task, one task run.
    """
    book = running()
    sources = [node for node in (node_of(book, one) for one in inside([after, over, each, fixed])) if node]
    before = list(dict.fromkeys(sources))
    node = book.add(work.name, before, "task")
    for source in before:
        source.wait()
    if depends_on_past:
        wait_for_own_past(work.name, depends_on_past)
    made = Expanded(node)
    runs = _verdict(node, rule, book) == RUN
    givers = [one for one in (node_of(book, future) for future in inside([over, each])) if one]
    lacking = {one.state for one in givers if not one.copies} - {SUCCESS}
    copies = _copies(book, over, each) if not givers or (runs and not lacking) else []
    for index, arguments in enumerate(copies):
        copy = Node(node.name, before, "task", index, first=first, then=then)
        node.copies.append(copy)
        made.futures.append(_submitted(work, copy, book, rule, (), {**fixed, **arguments}))
    if not copies:
        verdict = "" if not runs else SKIP if lacking <= {SKIP} else GIVE_UP
        empty = Node(node.name, before, "task", verdict=verdict)
        node.copies.append(empty)
        made.futures.append(_submitted(work, empty, book, rule, (), fixed))
    return made


def _copies(book: Book, over: Mapping[str, Any] | None, each: Any) -> list[dict[str, Any]]:
    if over is None:
        return [dict(one) for one in resolved(book, each)]
    lists = [_elements(resolved(book, value)) for value in over.values()]
    return [dict(zip(over, values, strict=True)) for values in itertools.product(*lists)]


def _elements(value: Any) -> list[Any]:
    return list(value.items()) if isinstance(value, Mapping) else list(value)


def _submitted(
    work: Task[..., Any], node: Node, book: Book, rule: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> PrefectFuture[Any]:
    guarded = work.with_options(retry_condition_fn=_try_again(work.retry_condition_fn))
    references = referred(book, args), referred(book, kwargs)
    guarded.fn = _guard(work.fn, node, book, rule, *references)
    waits = [allow_failure(future) for upstream in node.before for future in upstream.futures()]
    future: PrefectFuture[Any] = guarded.submit(wait_for=waits)
    node.future = future
    return future


def _try_again(condition: Callable[[Any, Any, Any], Any] | None) -> Callable[[Any, Any, Any], bool]:
    """Do not try again what could not run, nor what says so; else the task's own condition decides."""

    def decides(owner: Any, run: Any, state: State[Any]) -> bool:
        if state.name == "UpstreamFailed" or "AirflowFailException" in (state.message or ""):
            return False
        return condition is None or bool(condition(owner, run, state))

    return decides


def _guard(
    function: Callable[..., Any], node: Node, book: Book, rule: str, args: Any, kwargs: Any
) -> Callable[[], Any]:
    """Decide by the rule, then run the task with its arguments resolved."""

    def run() -> Any:
        verdict = node.verdict or _verdict(node, rule, book)
        if verdict != RUN:
            return _passed_over(node, verdict)
        if node.depends_on_past:
            wait_for_own_past(node.name, node.depends_on_past)
        node.state = FAILED  # until it ends well; also what a time-out leaves
        with book.current(node):
            try:
                for call in node.first:
                    call(get_current_context())
                result = function(*resolved(book, args), **resolved(book, kwargs))
                if node.then is not None:
                    node.then(get_current_context(), result)
            except AirflowSkipException as reason:
                return _passed_over(node, SKIP, str(reason))
            except DownstreamTasksSkipped as named:
                node.skips, result = named.tasks, node.pushed.get("return_value")
        if isinstance(result, State) and result.name == "Skipped":
            return _passed_over(node, SKIP, result.message or "")
        node.state, node.result = SUCCESS, result
        return result

    functools.update_wrapper(run, function)
    del run.__dict__["__wrapped__"]  # Prefect would ask for the arguments, which are resolved inside
    return run


def _passed_over(node: Node, verdict: str, reason: str = "") -> State[Any]:
    node.state = verdict
    if verdict == SKIP:
        return Completed(name="Skipped", message=reason or "skipped by Airflow's rules")
    return Failed(name="UpstreamFailed", message="a task before it failed")


def _verdict(node: Node, rule: str, book: Book) -> str:
    if node.kind != "teardown" and rule not in ALWAYS and _cut_off(node):
        return str(SKIP)
    states = [upstream.state for upstream in node.states_before()]
    if node.kind == "teardown" and rule == "all_done_setup_success":
        states = [one.state for one in node.states_before() if one.kind == "setup"]
    return str(decide(rule, states))


def _cut_off(node: Node) -> bool:
    """Say whether a branch right before it went another way, or a short circuit anywhere before it."""
    ancestors = node.ancestors()
    names = {node.name} | {ancestor.name for ancestor in ancestors}
    for upstream in node.before:
        if upstream.kind == "branch" and upstream.state == SUCCESS:
            chosen = _chosen(upstream)
            groups = tuple(f"{one}." for one in chosen)
            if not names & chosen and not any(name.startswith(groups) for name in names):
                return True
        if upstream.kind == "soft_short_circuit" and upstream.state == SUCCESS and not upstream.result:
            return True
    if any(node.name in ancestor.skips for ancestor in ancestors):
        return True
    return any(
        ancestor.kind == "short_circuit" and ancestor.state == SUCCESS and not ancestor.result
        for ancestor in ancestors
    )


def _chosen(branch: Node) -> set[str]:
    """Give what a branch has named, with the tasks of its groups."""
    result = branch.result
    named = set() if result is None else {result} if isinstance(result, str) else set(result)
    return named.union(*(branch.groups.get(one, ()) for one in named))
