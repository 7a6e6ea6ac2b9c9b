"""What a pipeline is, and which ones there are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pipelines
from pipelines.errors import CannotProceedError

StepResult = dict[str, Any]
"""What a step gives: small and JSON-able (counts, names, a warning)."""


@dataclass(frozen=True)
class Split:
    """How a step with much to do is done in parts, side by side; the step itself then does what is left."""

    plan: str
    """The task that makes the parts. It runs, and the parts after it, only where that is `wanted`."""
    part: str
    """The task that runs once per part; an engine's Run numbers those: `part_name`."""
    wanted: Callable[..., bool]
    """Called with the settings and the results of the step's `needs`."""
    make_parts: Callable[..., list[Any]]
    """Called as the step is; gives JSON-able parts."""
    run_part: Callable[..., StepResult]
    """Called with a psycopg2 connection, the settings and one part."""
    at_once: Callable[[Any], int]
    """Called with the settings: how many parts at a time, where the engine has no setting of its own."""


@dataclass(frozen=True)
class Step:
    """One unit of work: one task on each engine."""

    name: str
    """Also the task id in Airflow and the task name in Prefect."""
    summary: str
    run: Callable[..., StepResult]
    """Called with a psycopg2 connection, the settings, and the results of `needs` in order; where there
    were parts, also with a list of theirs."""
    needs: tuple[str, ...] = ()
    split: Split | None = None


@dataclass(frozen=True)
class Output:
    """A table or query whose rows the comparison looks at."""

    name: str
    query: str
    """A SELECT, without order; its columns are the ones that are compared."""
    key: tuple[str, ...] = ()
    """Columns that identify a row; empty: rows are compared as a multiset."""
    tolerances: Mapping[str, float] = field(default_factory=dict)
    """Absolute tolerance by column; for a geometry, the distance in its own units."""
    volatile: tuple[str, ...] = ()
    """Columns of the table that the query leaves out, because they differ from run to run."""


@dataclass(frozen=True)
class Plant:
    """A difference put into one side on purpose, to show that a comparison finds it."""

    summary: str
    before: Callable[[Any], None] | None = None
    """Called with a psycopg2 connection to the side's database before the run; commits."""
    after: Callable[[Any], None] | None = None
    """Likewise, after the run."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the run on that side."""


@dataclass(frozen=True)
class Pipeline:
    """A named list of steps, their settings, and the outputs that a comparison looks at."""

    name: str
    summary: str
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    settings: type[Any]
    """A frozen dataclass; every field has a default, so that `settings()` is the usual run."""
    fill_sample: Callable[[str, int, int], Any]
    """Fills the empty database at a URL with a realistic input of this size, from this seed."""
    check_database: Callable[[str], None]
    """Raises CannotProceedError, naming what is missing, if a user's database cannot be the input."""
    input_tables: tuple[str, ...]
    """The tables whose rows make up the input: hashed, so that two runs can be said to start alike."""
    counts: Callable[[Mapping[str, StepResult]], dict[str, int]]
    """Makes the few counts that a notice shows out of the results by step name."""
    airflow_dag_id: str
    prefect_flow: str
    """`module:function`, such as `prefect_flows.tree_clusters:assign_tree_flow`."""
    airflow_connection: str
    prefect_connection: str
    plants: Mapping[str, Plant] = field(default_factory=dict)
    """By name, as `replant compare --plant NAME` takes it."""

    @property
    def splits(self) -> tuple[Split, ...]:
        """How those steps are split that can be."""
        return tuple(step.split for step in self.steps if step.split)

    def task_order(self, task: str) -> tuple[int, int]:
        """Give what tasks are sorted by: the steps in their order, parts before their step, others last."""
        names = [
            name
            for step in self.steps
            for name in (*((step.split.plan, step.split.part) if step.split else ()), step.name)
        ]
        name, _, number = task.removesuffix("]").partition("[")
        return (names.index(name) if name in names else len(names), int(number or 0))


def part_name(part: str, number: int) -> str:
    """Name the task of one part, counted from 0: `assign_chunk[0]`."""
    return f"{part}[{number}]"


def names() -> tuple[str, ...]:
    """List the pipelines: the packages in this folder that define `PIPELINE`."""
    found = (module.name for module in pkgutil.iter_modules(pipelines.__path__) if module.ispkg)
    return tuple(sorted(found))


def find(name: str) -> Pipeline:
    """Give the pipeline of this name.

    Raises CannotProceedError if there is none.
    """
    if name not in names():
        raise CannotProceedError(
            f"There is no pipeline named {name!r}. These exist: {', '.join(names())}. "
            "`replant pipelines` describes them."
        )
    pipeline = importlib.import_module(f"pipelines.{name}").PIPELINE
    if not isinstance(pipeline, Pipeline):
        raise TypeError(f"pipelines.{name}.PIPELINE is not a Pipeline")
    return pipeline


def settings_for(pipeline: Pipeline, values: Mapping[str, Any]) -> Any:
    """Make the pipeline's settings from plain values, as they travel to an engine as JSON.

    Raises CannotProceedError on a name that the pipeline does not have.
    """
    known = set(pipeline.settings.__dataclass_fields__)
    unknown = sorted(set(values) - known)
    if unknown:
        raise CannotProceedError(
            f"{pipeline.name} has no setting {', '.join(unknown)}. It has: {', '.join(sorted(known))}."
        )
    return pipeline.settings(**values)
