"""The arguments that every operator takes, as options of a Prefect task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migration.arguments import bounds, executor_config, limits
from migration.arguments.assets import outlets_of
from migration.arguments.callbacks import HOOK, claim_of, first_of, skip_hooks
from migration.arguments.defaults import SAME_AS_DEFAULT
from migration.arguments.retries import backoff, max_delay, retries, retry_delay, seconds
from migration.graph import Dag, Task
from migration.writing.literals import Values, number, quoted
from migration.writing.plan import Claim, RefusedError, equivalent, refused

Options = dict[str, str]
TOLD_LATE = "somebody is told when it is late: make the automation that docs/semantics.md shows under sla"
NOTHING = Claim(note="its default; nothing to do")

MAILED = equivalent("a hook writes to the address, by the server of the Secret smtp-url", "mail")
NOTES: dict[str, Claim] = {
    "priority_weight": equivalent("Prefect has no priorities inside a run", "priority"),
    "weight_rule": equivalent("Prefect has no priorities inside a run", "priority"),
    "queue": equivalent("the work queue is chosen for the deployment, not for a task", "queue"),
    "depends_on_past": equivalent("the task waits until it has succeeded in the run before", "past"),
    "wait_for_downstream": equivalent(
        "it waits for itself and what is right behind it in the run before", "past"
    ),
    "executor": refused("choose a work pool for the deployment instead"),
    "run_as_user": refused("run the worker as that user"),
    "resources": refused("set the work pool's job variables for the deployment instead"),
    "email_on_failure": equivalent("there is no address to write to", "mail"),
    "email_on_retry": refused("Prefect has no notice on a retry; drop the argument in the source"),
    "pool_slots": refused("a tag's concurrency limit counts every task as one"),
    "retry_policy": refused("write a retry_condition_fn for the task"),
    "do_xcom_push": equivalent("the result stays in the run; nobody reads it", "results"),
    "task_display_name": equivalent("the run keeps the id as its name", "names"),
    "map_index_template": equivalent("copies keep the task's name", "names"),
    "email": equivalent("nothing is sent: email_on_failure and email_on_retry are off", "mail"),
    "multiple_outputs": equivalent("the result is one dictionary; its keys are taken from it", "results"),
    "show_return_value_in_logs": equivalent("results are not logged", "results"),
    "ui_color": equivalent("only Airflow's page shows it", "page"),
    "default_args": equivalent("applied to each task", "default-args"),
    "inlets": equivalent("Prefect does not keep lineage", "lineage"),
    "deferrable": equivalent("it waits in the run's own process", "deferrable"),
    "mode": equivalent("it waits in the run's own process", "deferrable"),
    "allow_nested_operators": equivalent("it only guards Airflow's own checks", "page"),
}


def base_options(task: Task, dag: Dag, values: Values) -> tuple[Options, dict[str, Claim]]:
    """Give the Prefect task's options as code, and what became of each base argument.

    Raises RefusedError for a value that cannot be written.
    """
    options: Options = {}
    claims: dict[str, Claim] = {}
    for argument in task.arguments:
        name, value = argument.name, argument.value
        if argument.origin == "own":
            continue
        if name in SAME_AS_DEFAULT and any(value == one for one in SAME_AS_DEFAULT[name]):
            claims[name] = NOTHING
        elif name in WRITERS:
            claims[name] = WRITERS[name](value, task, dag, options, values)
        elif name in bounds.NAMES:
            claims[name] = bounds.task_date(name, value, dag)
        elif (
            name in ("email", "email_on_failure") and task.get("email") and task.get("email_on_failure", True)
        ):
            claims[name] = _mail(task, options, values) if name == "email" else MAILED
        elif name in NOTES:
            claims[name] = NOTES[name]
    return options, claims


def _mail(task: Task, options: Options, values: Values) -> Claim:
    given = task.get("email")
    addresses = given if isinstance(given, list) else str(given).replace(";", ",").split(",")
    shown = ", ".join(values.write(one.strip()) for one in addresses)
    values.runtime.add("mails")
    _hooks(options, "on_failure", [f"mails({shown})"])
    return MAILED


def _timeout(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    options["timeout_seconds"] = number(seconds(value))
    return equivalent("it cannot interrupt code that blocks in a thread", "timeouts")


def _pool(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    return limits.pool(value, task, dag, options)


def _concurrency(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    return limits.own(value, task, dag, options)


def _owner(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    return equivalent("the owner is a tag of the deployment", "owner")


def _hooks(options: Options, hook: str, added: list[str]) -> None:
    known = options.get(hook, "[]")[1:-1]
    options[hook] = f"[{', '.join([one for one in (known, *added) if one])}]"


def _doc(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    function = task.get("python_callable")
    if isinstance(function, dict) and value and value == function.get("doc"):
        return Claim(note="the function's docstring, which Prefect takes")
    if value and not isinstance(value, dict):
        options["description"] = values.write(value)
    return Claim()


def _callback(hook: str) -> Callable[..., Claim]:
    def write(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
        given = value if isinstance(value, list) else [value]
        written = [f"airflow_hook({values.write(one)})" for one in given]
        values.runtime.add("airflow_hook")
        _hooks(options, hook, written)
        return claim_of(given)

    return write


def _on_retry(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    if task.get("retries") in (None, 0):
        return Claim(note="without retries it is never called")
    given = value if isinstance(value, list) else [value]
    options["retry_condition_fn"] = f"airflow_retry({', '.join(values.write(one) for one in given)})"
    values.runtime.add("airflow_retry")
    return equivalent("called when the task has failed and is about to wait for its next try", "callbacks")


def _executor_config(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    return executor_config.claim_of(value)


def _sla(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    if dag.arguments.get("sla_miss_callback") or task.get("email"):
        raise RefusedError(TOLD_LATE, "sla")
    return equivalent("only Airflow's page shows that it was late", "sla")


def _rule(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    if not isinstance(value, str):
        raise RefusedError("a trigger rule that is only known while Airflow builds the DAG", "trigger_rule")
    return Claim()


def _after(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    if value is not None:
        values.write(value)
    return Claim(note="called with the context and the result, inside the task")


def _before(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    first_of(task, values)
    return Claim(note="called with the context, inside the task")


def _on_skip(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    _hooks(options, "on_completion", skip_hooks(task, values))
    return HOOK


def _params(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    return Claim(note="given to the task's templates")


def _outlets(value: Any, task: Task, dag: Dag, options: Options, values: Values) -> Claim:
    outlets = outlets_of(value)
    if not outlets:
        raise RefusedError("an outlet whose name is only known at run time", "outlets")
    values.runtime |= {"emits"} | {"AssetAlias" for _, is_alias in outlets if is_alias}
    shown = [f"AssetAlias({quoted(name)})" if is_alias else quoted(name) for name, is_alias in outlets]
    text = f"emits({', '.join(shown)})"
    _hooks(options, "on_completion", [text])
    return equivalent("an event for each asset when the task has completed", "assets")


WRITERS: dict[str, Callable[..., Claim]] = {
    "retries": retries,
    "retry_delay": retry_delay,
    "retry_exponential_backoff": backoff,
    "max_retry_delay": max_delay,
    "execution_timeout": _timeout,
    "pool": _pool,
    "max_active_tis_per_dag": _concurrency,
    "task_concurrency": _concurrency,
    "owner": _owner,
    "doc_md": _doc,
    "doc": _doc,
    "doc_rst": _doc,
    "doc_json": _doc,
    "doc_yaml": _doc,
    "on_failure_callback": _callback("on_failure"),
    "on_success_callback": _callback("on_completion"),
    "on_retry_callback": _on_retry,
    "executor_config": _executor_config,
    "sla": _sla,
    "trigger_rule": _rule,
    "params": _params,
    "outlets": _outlets,
    "pre_execute": _before,
    "on_execute_callback": _before,
    "on_skipped_callback": _on_skip,
    "post_execute": _after,
}
