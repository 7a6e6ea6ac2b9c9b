"""Prints which arguments real Airflow's operators take, as JSON; Airflow's Python runs it."""

from __future__ import annotations

import inspect
import json
import os
import pkgutil
from importlib import import_module

MODULES = ("airflow.providers.standard.operators", "airflow.providers.standard.sensors")


def main() -> None:
    """Give the arguments of all operators, by `BaseOperator`, and of each class beyond those."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints is log
    from airflow.sdk import BaseOperator

    found = {"BaseOperator": sorted(_named(BaseOperator))}
    for package in map(import_module, MODULES):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, one in vars(import_module(module.name)).items():
                if isinstance(one, type) and issubclass(one, BaseOperator):
                    known = one.__mro__[: one.__mro__.index(BaseOperator)]
                    found[name] = sorted(set[str]().union(*map(_named, known)))
    json.dump(found, answers)


def _named(one: type) -> set[str]:
    """Give the names of the arguments that a class itself takes."""
    if "__init__" not in vars(one):
        return set()
    return set(inspect.signature(inspect.unwrap(one.__init__)).parameters) - {"self", "args", "kwargs"}  # type: ignore[misc]


if __name__ == "__main__":
    main()
