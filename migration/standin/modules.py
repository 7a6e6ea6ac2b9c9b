"""Imports: every `airflow…` module is made up, every missing other module is a stub."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from migration.standin.catalogue import Catalogue, Variable, days_ago
from migration.standin.ledger import asked_by_author, current
from migration.standin.symbols import Symbol

NEVER_THERE = ("airflow.version",)
PRESENT = {"version": "3.3.2", "__version__": "3.3.2"}


class _AirflowModule(ModuleType):
    """A module of Airflow's, whose names are looked up when asked for."""

    def __init__(self, name: str, catalogue: Catalogue) -> None:
        super().__init__(name)
        self.__dict__["_catalogue"] = catalogue
        self.__path__: list[str] = []
        self.__dict__["__all__"] = []
        self.__dict__["__file__"] = f"<stand-in {name}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in PRESENT:
            raise AttributeError(name)
        if name in PRESENT:
            return PRESENT[name]
        loaded = sys.modules.get(f"{self.__name__}.{name}")
        return loaded if loaded is not None else self._catalogue.find(self.__name__, name)


class _Stub(ModuleType):
    """A module that is not installed here."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__dict__["__all__"] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Symbol(f"{self.__name__}.{name}")


class _Maker(Loader):
    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        return None


class AirflowFinder(MetaPathFinder):
    """Answers for `airflow` and everything below it, before anything that is installed."""

    def __init__(self) -> None:
        self._catalogue = Catalogue()

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """Make up the module."""
        if name != "airflow" and not name.startswith("airflow."):
            return None
        module = _AirflowModule(name, self._catalogue)
        if name == "airflow.utils.dates":
            module.__dict__["days_ago"] = days_ago
        if name == "airflow.models":
            module.__dict__["Variable"] = Variable
        if name == "airflow.utils.timezone":
            module.__dict__.update(_timezone())
        if name == "airflow.utils":
            module.__dict__["timezone"] = type("timezone", (), _timezone())
        return ModuleSpec(name, _Maker(module), is_package=True)


class StubFinder(MetaPathFinder):
    """Comes last: a module that nothing else finds becomes a stub, and is reported."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """Make a stub, unless the name belongs to a package that is really there."""
        parent = sys.modules.get(name.rpartition(".")[0]) if "." in name else None
        if parent is not None and not isinstance(parent, _Stub):
            is_private = name.rpartition(".")[2].startswith("_")
            if is_private or (getattr(parent, "__file__", None) is not None and not _of_author(parent)):
                return None
        if "." not in name and (name.startswith("_") or name in sys.stdlib_module_names):
            return None
        if not asked_by_author():
            return None
        current().missing.add(name)
        return ModuleSpec(name, _Maker(_Stub(name)), is_package=True)


def _of_author(module: ModuleType) -> bool:
    return str(getattr(module, "__file__", "")).startswith(current().roots)


def _timezone() -> dict[str, Any]:
    import datetime as real

    def moment(*args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("tzinfo", real.UTC)
        return real.datetime(*args, **kwargs)

    return {"datetime": staticmethod(moment), "utcnow": lambda: real.datetime.now(real.UTC), "utc": real.UTC,
            "parse": lambda text, **_: real.datetime.fromisoformat(text)}  # fmt: skip


def install() -> None:
    """Put both finders in place."""
    sys.meta_path.insert(0, AirflowFinder())
    sys.meta_path.append(StubFinder())
