"""The ledger as one JSON document: the recorded graph."""

from __future__ import annotations

from typing import Any

from migration.standin import rendered
from migration.standin.encode import encoded
from migration.standin.ledger import Ledger
from migration.standin.mapped import MappedTask
from migration.standin.operators import BaseOperator

SCHEDULED = ("schedule", "schedule_interval", "timetable", "start_date", "end_date", "catchup")
"""A DAG inside another has none of its own, whatever it says."""
LATE_NOISE = ("making", "late", "group", "dag", "decorator", "marks")


def document(ledger: Ledger, namespace: dict[str, Any]) -> dict[str, Any]:
    """Give what was recorded, of the DAGs that Airflow would take out of this file."""
    in_module = [value for value in namespace.values() if any(value is dag for dag in ledger.dags)]
    inside = {id(inner): dag for dag in ledger.dags for inner in _inner(dag, ledger)}
    taken = [
        dag
        for dag in ledger.dags
        if (dag.used_as_block or any(dag is other for other in in_module)) and id(dag) not in inside
    ]
    return {
        "dags": [one for dag in taken for one in _with_inner(dag, dag, ledger)],
        "doubts": ledger.doubts,
        "missing_modules": sorted(ledger.missing),
        "names_read": sorted([list(pair) for pair in ledger.names_read]),
    }


def _inner(dag: Any, ledger: Ledger) -> list[Any]:
    """Give the DAGs that a DAG's SubDagOperators run."""
    given = [task.__dict__["base"].get("subdag") for task in dag.tasks]
    return [one for one in ledger.dags if any(one is other for other in given)]


def _with_inner(dag: Any, outer: Any, ledger: Ledger) -> list[dict[str, Any]]:
    """Give the DAGs that run inside this one, then itself. They run for the dates of the outermost one."""
    found = [
        one for inner in _inner(dag, ledger) if inner is not dag for one in _with_inner(inner, outer, ledger)
    ]
    own = _dag(dag)
    if dag is not outer:
        known = _dag(outer)["arguments"]
        kept = {name: value for name, value in own["arguments"].items() if name not in SCHEDULED}
        own["arguments"] = {**kept, **{name: known[name] for name in SCHEDULED if name in known}}
    return [*found, {**own, "inside": "" if dag is outer else outer.dag_id}]


def _dag(dag: Any) -> dict[str, Any]:
    late = {name: value for name, value in dag.late.items() if name not in LATE_NOISE}
    arguments = {**dag.arguments, **late}
    arguments.pop("default_args", None)
    if dag.params:
        arguments["params"] = dag.params
    return {
        "dag_id": dag.dag_id,
        "spot": dag.spot.as_json(),
        "factory": dag.__dict__.get("factory"),
        "arguments": {name: encoded(value) for name, value in arguments.items() if name != "dag_id"},
        "default_args": {name: encoded(value) for name, value in dag.default_args.items()},
        "tasks": [_task(task) for task in dag.tasks],
        "edges": [edge for task in dag.tasks for edge in _edges(task)],
        "groups": [_group(group) for group in dag.groups if group.group_id is not None],
    }


def _edges(task: Any) -> list[dict[str, Any]]:
    return [
        {
            "upstream": task.task_id,
            "downstream": other.task_id,
            "kind": known["kind"],
            "label": known["label"],
            "line": known["spot"].line,
        }
        for other, known in task.edges.items()
    ]


def _group(group: Any) -> dict[str, Any]:
    mapping = group.mapping
    return {
        "group_id": group.group_id,
        "parent": group.parent.group_id if group.parent is not None else None,
        "line": group.spot.line,
        "mapping": None
        if mapping is None
        else {"kind": mapping["kind"], "arguments": {k: encoded(v) for k, v in mapping["arguments"].items()}},
        "options": {k: encoded(v) for k, v in group.options.items() if k not in ("dag", "parent_group")},
    }


def _task(task: Any) -> dict[str, Any]:
    mapped = isinstance(task, MappedTask)
    operator = task.operator_class if mapped else type(task)
    late = {name: value for name, value in task.late.items() if name not in LATE_NOISE}
    explicit = task.__dict__.get("base_given", task.base)
    arguments = {**task.base, **task.call, **{name: task.base[name] for name in explicit}, **late}
    for name in ("task_id", "dag", "task_group", "default_args"):
        arguments.pop(name, None)
    own = not operator.__dict__.get("standin", False) and operator.__module__.split(".")[0] != "migration"
    named = rendered.parameters(operator) if own else []
    kept = rendered.kept_by_class(task, named) if own else {}
    arguments |= {name: task.base[name] for name in kept if name in task.base}
    if not mapped and task.__dict__.get("decorator") is None:
        arguments.pop("python_callable", None) if arguments.get("python_callable") is None else None
    return {
        "task_id": task.task_id,
        "operator": operator.__name__,
        "module": operator.__module__,
        "bases": [f"{base.__module__}.{base.__name__}" for base in operator.__mro__[1:] if _counts(base)],
        "own": own,
        "named": named,
        "rendered": rendered.arguments(task, operator, {**arguments, **kept}) if own else [],
        "decorator": task.__dict__.get("decorator"),
        "spot": task.spot.as_json(),
        "arguments": [
            *({"name": name, "value": encoded(value), "origin": "own"} for name, value in kept.items()),
            *(
                {
                    "name": name,
                    "value": encoded(value),
                    "origin": "set later" if name in late else _origin(task, name, kept),
                }
                for name, value in arguments.items()
                if name not in kept or name in task.base
            ),
        ],
        "call": sorted(task.call),
        "mapping": {"kind": task.mapping[0], "arguments": {k: encoded(v) for k, v in task.mapping[1].items()}}
        if mapped
        else None,
        "group": task.group.group_id if task.group is not None else None,
        "marks": {name: bool(value) for name, value in task.marks.items()},
    }


def _origin(task: Any, name: str, kept: dict[str, Any]) -> str:
    if name in task.from_defaults or name in kept:
        return "default_args"
    return "call" if name in task.call else "class"


def _counts(base: type) -> bool:
    return base is not object and base not in (BaseOperator, *BaseOperator.__mro__)
