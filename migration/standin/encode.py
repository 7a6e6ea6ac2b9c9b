"""Any value as JSON, so that nothing of the author's code has to be loaded again to read it."""

from __future__ import annotations

import datetime
import enum
import functools
import inspect
import math
import pathlib
import types
from typing import Any

from migration.standin import clock
from migration.standin.catalogue import Value
from migration.standin.dags import DAG, DagParam, Param
from migration.standin.groups import MappedValue
from migration.standin.operators import Task
from migration.standin.results import XComArg
from migration.standin.symbols import Symbol, Unknown
from migration.standin.taskflow import Condition, TaskFactory

DEPTH = 12
LONGEST = 200_000
LARGEST_BITS = 1_000


def encoded(value: Any, depth: int = 0) -> Any:
    """Give plain JSON: scalars and lists as they are, everything else as {"$kind": …}."""
    if depth > DEPTH:
        return {"$object": "too deep"}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        # before str and int, which an enum may be
        return encoded(value.value, depth + 1)
    if isinstance(value, str):
        return str.__str__(value) if len(value) <= LONGEST else {"$object": "str, too long"}
    if isinstance(value, int):
        return int(value) if int.bit_length(value) <= LARGEST_BITS else {"$object": "int, too large"}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, Symbol):
        return {"$symbol": value._symbol_text}
    if isinstance(value, list | tuple | set | frozenset | dict):
        return _container(value, depth)
    return _known(value, depth)


def _container(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: encoded(item, depth + 1) for key, item in value.items()}
        return {"$dict": [[encoded(key, depth + 1), encoded(item, depth + 1)] for key, item in value.items()]}
    items = [encoded(item, depth + 1) for item in value]
    if isinstance(value, list):
        return items
    return {"$tuple": items} if isinstance(value, tuple) else {"$set": sorted(items, key=repr)}


def _known(value: Any, depth: int) -> Any:
    """Encode what the standard library gives."""
    if isinstance(value, datetime.datetime):
        zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "name", None) or value.tzname()
        return {"$datetime": value.isoformat(), "zone": str(zone) if zone else None}
    if isinstance(value, datetime.timedelta):
        return {"$timedelta": value.total_seconds()}
    if isinstance(value, datetime.date | datetime.time):
        kind = "time" if isinstance(value, datetime.time) else "date"
        return {f"${kind}": value.isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, pathlib.PurePath):
        return {"$path": str(value)}
    return _of_airflow(value, depth)


def _of_airflow(value: Any, depth: int) -> Any:
    """Encode what the stand-in gives."""
    if isinstance(value, XComArg):
        return _result(value, depth)
    if isinstance(value, Task):
        return {"$task": value.task_id}
    if isinstance(value, DAG):
        return {"$dag": value.dag_id}
    if isinstance(value, DagParam):
        return {"$param": value.name, "default": encoded(value.default, depth + 1)}
    if isinstance(value, MappedValue):
        return {"$mapped": value.name, "group": value.group.group_id}
    if isinstance(value, Param):
        schema = {key: encoded(item, depth + 1) for key, item in value.schema.items()}
        return {
            "$paramdef": encoded(value.value, depth + 1),
            "schema": schema,
            "description": value.description,
        }
    if isinstance(value, Condition):
        function = encoded(value.function, depth + 1)
        return {"$condition": value.kind, "function": function, "message": encoded(value.message, depth + 1)}
    if isinstance(value, Value | Unknown):
        return _made(value, depth)
    return _callable_or_object(value, depth)


def _result(value: XComArg, depth: int) -> dict[str, Any]:
    steps = [[kind, encoded(list(what) if kind != "map" else what, depth + 1)] for kind, what in value.steps]
    return {"$result": value.operator.task_id, "key": value.key, "steps": steps}


def _made(value: Any, depth: int) -> dict[str, Any]:
    args, kwargs = value.given if isinstance(value, Unknown) else (value.given_args, value.given_kwargs)
    return {
        "$made": type(value).__name__,
        "module": type(value).__module__,
        "args": [encoded(item, depth + 1) for item in args],
        "kwargs": {key: encoded(item, depth + 1) for key, item in kwargs.items()},
    }


def _callable_or_object(value: Any, depth: int) -> dict[str, Any]:
    value = clock.original(value)
    if isinstance(value, TaskFactory):
        value = value.function
    if isinstance(value, functools.partial):
        return {
            "$partial": encoded(value.func, depth + 1),
            "args": [encoded(item, depth + 1) for item in value.args],
            "kwargs": {key: encoded(item, depth + 1) for key, item in value.keywords.items()},
        }
    if isinstance(value, types.MethodType):
        return {"$object": f"bound method {value.__qualname__}"}
    if inspect.isfunction(value):
        return {
            "$callable": value.__qualname__,
            "module": value.__module__,
            "file": value.__code__.co_filename,
            "line": value.__code__.co_firstlineno,
            "closure": sorted(value.__code__.co_freevars),
            "doc": inspect.cleandoc(value.__doc__) if value.__doc__ else None,
        }
    if inspect.isbuiltin(value) and not isinstance(value.__self__, types.ModuleType | None):
        return {"$object": f"bound method {value.__qualname__}"}
    if inspect.isclass(value) or inspect.isbuiltin(value):
        return {"$callable": value.__qualname__, "module": str(value.__module__), "file": "", "line": 0,
                "closure": [], "signature": _has_signature(value)}  # fmt: skip
    if isinstance(value, types.ModuleType):
        return {"$object": f"module {value.__name__}"}
    return {"$object": f"{type(value).__module__}.{type(value).__qualname__}"}


def _has_signature(value: Any) -> bool:
    try:
        inspect.signature(value)
    except (TypeError, ValueError):
        return False
    return True
