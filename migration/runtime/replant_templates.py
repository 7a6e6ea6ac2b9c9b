"""What Jinja templates of Airflow's find: `macros`, `var`, `conn`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from jinja2 import Environment
from replant_database import BaseHook  # type: ignore[import-not-found]
from replant_settings import Variable  # type: ignore[import-not-found]


class WeekDay(IntEnum):
    """The days, Monday being 1, as Airflow numbers them."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


class Macros:
    """`macros` of a template."""

    datetime, timedelta = datetime, timedelta

    @staticmethod
    def ds_add(ds: str, days: int) -> str:
        """Give a date some days later."""
        return f"{datetime.strptime(ds, '%Y-%m-%d') + timedelta(days=days):%Y-%m-%d}"

    @staticmethod
    def ds_format(ds: str, given: str, wanted: str) -> str:
        """Give a date in another form."""
        return datetime.strptime(ds, given).strftime(wanted)


class Settings:
    """`var.value.x`, `var.json.x` and `conn.x` of a template."""

    def __init__(self, kind: str, as_json: bool = False) -> None:
        self._kind, self._as_json = kind, as_json

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._kind == "variable" and name in ("value", "json"):
            return Settings("value", name == "json")
        return BaseHook.get_connection(name) if self._kind == "connection" else self.get(name)

    def get(self, name: str, default: Any = ...) -> Any:
        """Give one; raises KeyError if there is none and no default."""
        return Variable.get(name, default, deserialize_json=self._as_json)


def rendered(value: Any, engine: Environment, context: dict[str, Any]) -> Any:
    """Render the texts in a value."""
    if isinstance(value, str):
        return engine.from_string(value).render(context)
    if isinstance(value, Mapping):
        return {key: rendered(one, engine, context) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([rendered(one, engine, context) for one in value])
    return value
