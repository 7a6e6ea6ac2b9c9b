"""What a name imported from any Airflow module stands for."""

from __future__ import annotations

import datetime
import enum
import inspect
from typing import Any

from migration.standin import dags, groups, taskflow, wiring
from migration.standin.ledger import current
from migration.standin.operators import BaseOperator
from migration.standin.results import XComArg
from migration.standin.symbols import Symbol

OPERATOR_ENDINGS = ("Operator", "Sensor", "Marker", "SensorAsync", "OperatorAsync")
EXCEPTIONS = (
    "AirflowException", "AirflowSkipException", "AirflowFailException", "AirflowTaskTimeout",
    "AirflowSensorTimeout", "AirflowNotFoundException", "AirflowBadRequest", "AirflowConfigException",
    "AirflowRescheduleException", "TaskDeferred", "DagNotFound",
)  # fmt: skip


class ValueType(type):
    """Answers for class attributes that the stand-in does not have."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return Symbol(f"{cls.__name__}.{name}")


class Value(metaclass=ValueType):
    """An object of Airflow's that is kept as its class name and arguments: an asset, a timetable, a hook."""

    standin_name = "Value"
    given_args: Any
    given_kwargs: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__new__(cls)
        made.given_args = args
        made.given_kwargs = kwargs
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("given_args", "given_kwargs"):
            raise AttributeError(name)
        if name in self.given_kwargs:
            return self.given_kwargs[name]
        if name in ("uri", "name") and self.given_args:
            return self.given_args[0]
        return Symbol(f"{self.standin_name}(...).{name}")

    def __or__(self, other: Any) -> Any:
        return Combination("any", (self, other))

    def __and__(self, other: Any) -> Any:
        return Combination("all", (self, other))

    @classmethod
    def ref(cls, name: str = "", uri: str = "") -> Any:
        """Refer to an asset that is made elsewhere; by its name, or by its URI alone."""
        return cls(name=name) if name else _named("AssetRef")(uri=uri)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _named(name: str) -> Any:
    return type(name, (Value,), {"__module__": "airflow.sdk", "standin_name": name})


class Combination(Value):
    """Assets joined by `|` or `&`."""

    standin_name = "Combination"


class Rule(enum.StrEnum):
    """Airflow's trigger rules, with the names of older versions."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_FAILED_OR_SKIPPED = "none_failed_or_skipped"
    NONE_SKIPPED = "none_skipped"
    DUMMY = "dummy"
    ALWAYS = "always"
    ALL_SKIPPED = "all_skipped"


class Variable:
    """Variables: from the export when there is one, else symbolic."""

    @staticmethod
    def get(key: str, default_var: Any = ..., deserialize_json: bool = False, **other: Any) -> Any:
        """Give a value."""
        ledger = current()
        ledger.names_read.add(("variable", str(key)))
        default = other.get("default", default_var)
        if ledger.variables is not None:
            if key in ledger.variables:
                return ledger.variables[key]
            if default is not ...:
                return default
        given = "" if default is ... else f", {default!r}"
        return Symbol(f"Variable.get({key!r}{given}{', deserialize_json=True' if deserialize_json else ''})")

    @staticmethod
    def set(key: str, value: Any, *_: Any, **__: Any) -> None:
        """Write nothing, and say so."""
        current().doubt(f"the file sets the Variable {key!r} while it is read")

    setdefault = get


class WeekDay(enum.IntEnum):
    """The days, Monday being 1."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> Any:
    """Give midnight N days ago, UTC."""
    today = datetime.datetime.now(datetime.UTC)
    day = today - datetime.timedelta(days=n)
    return day.replace(hour=hour, minute=minute, second=second, microsecond=microsecond)


def _same(function: Any = None, *_: Any, **__: Any) -> Any:
    """Decorate nothing."""
    return function if callable(function) else _same


def _known() -> dict[str, Any]:
    names: dict[str, Any] = {
        "DAG": dags.DAG, "dag": dags.dag, "Param": dags.Param, "ParamsDict": dict, "DagParam": dags.DagParam,
        "BaseOperator": BaseOperator, "BaseOperatorLink": object, "LoggingMixin": object, "SkipMixin": object,
        "BaseSensorOperator": type("BaseSensorOperator", (BaseOperator,), {"standin": True}),
        "BaseBranchOperator": type("BaseBranchOperator", (BaseOperator,), {"standin": True}),
        "task": taskflow.TaskDecorator("task"), "setup": taskflow.setup, "teardown": taskflow.teardown,
        "TaskGroup": groups.TaskGroup, "task_group": groups.task_group,
        "Label": wiring.Label, "EdgeModifier": wiring.Label, "XComArg": XComArg, "PlainXComArg": XComArg,
        "chain": wiring.chain, "chain_linear": wiring.chain_linear,
        "cross_downstream": wiring.cross_downstream,
        "Variable": Variable, "TriggerRule": Rule, "WeekDay": WeekDay, "days_ago": days_ago,
        "is_venv_installed": lambda: True, "apply_defaults": _same, "provide_session": _same,
        "task_decorator_factory": _same,
    }  # fmt: skip
    for name in EXCEPTIONS:
        names[name] = type(name, (Exception,), {})
    return names


class Catalogue:
    """Names and what they stand for; one class for each operator's full name."""

    def __init__(self) -> None:
        self._known = _known()
        self._operators: dict[str, Any] = {}

    def find(self, module: str, name: str) -> Any:
        """Give what `from MODULE import NAME` gives."""
        if name in self._known:
            return self._known[name]
        if name.endswith(OPERATOR_ENDINGS) or (".operators." in f"{module}." and name.endswith("Transfer")):
            return self._operator(module, name)
        if name == "asset":
            return _asset_decorator
        if name in ("timezone", "dates") or not name[:1].isupper():
            return Symbol(f"{module}.{name}")
        return self._value(module, name)

    def _operator(self, module: str, name: str) -> Any:
        key = f"{module}.{name}"
        if key not in self._operators:
            self._operators[key] = type(name, (BaseOperator,), {"__module__": module, "standin": True})
        return self._operators[key]

    def _value(self, module: str, name: str) -> Any:
        key = f"{module}.{name}"
        if key not in self._operators:
            self._operators[key] = type(name, (Value,), {"__module__": module, "standin_name": name})
        return self._operators[key]


def _asset_decorator(**options: Any) -> Any:
    """`@asset(...)`: a DAG of one task that updates the asset of the function's name."""

    def make(function: Any) -> Any:
        name = options.get("name", function.__name__)
        outlet = _named("Asset")(name=name, uri=options.get("uri", name))
        chosen = {
            key: value for key, value in options.items() if key not in ("name", "uri", "group", "extra")
        }
        parameters = inspect.signature(function).parameters.values()
        inlets = [
            _named("Asset")(name=one.name)
            for one in parameters
            if one.name not in ("self", "context", "outlet_events") and one.default is one.empty
        ]
        with dags.DAG(dag_id=name, **chosen):
            outer = {"outlets": [outlet], **({"inlets": inlets} if inlets else {})}
            taskflow.TaskFactory(function, "task.asset", outer)()
        return outlet

    return make
