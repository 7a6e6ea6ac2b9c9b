"""The intermediate form between the recorded graph and the written flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONVERTED, EQUIVALENT, REFUSED = "converted", "equivalent", "refused"


class RefusedError(Exception):
    """A construct that is not converted; says which attribute and what to do."""

    def __init__(self, reason: str, attribute: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.attribute = attribute


@dataclass(frozen=True)
class Claim:
    """What became of one attribute."""

    status: str = CONVERTED
    note: str = ""
    """For `equivalent`: the difference; for `refused`: the reason and what to do."""
    paragraph: str = ""
    """The anchor in docs/semantics.md that explains an `equivalent`."""


@dataclass(frozen=True)
class Code:
    """A piece of Python that goes into the flow as it is."""

    text: str


@dataclass(frozen=True)
class Work:
    """A Prefect task of the module, which one or more tasks of the DAG use."""

    key: str
    """Equal keys share one definition."""
    name: str
    """The name that is wanted for the function."""
    code: str = ""
    """The function without decorator, its name written as `@NAME@`; empty: the author's own function."""
    function: str = ""
    """The author's function, which gets the decorator."""
    with_context: bool = False
    ways: tuple[str, ...] = ()
    """For a branch: the ids that it may name; empty where it is known to name no others."""
    past: bool = False
    """It waits for itself in the run before, by a decorator in the file."""
    moments: tuple[str, ...] = ()
    """Names of Airflow's context that each call passes by keyword."""
    uses: tuple[str, ...] = ()
    """Names of the author's that the code needs."""
    helpers: tuple[str, ...] = ()
    """Functions that the code calls, written once per module."""
    imports: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """What a construct makes of one task."""

    work: Work
    args: tuple[Any, ...] = ()
    """Recorded values or Code."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    over: Mapping[str, Any] | None = None
    """Mapped over the product of these."""
    each: Any = None
    """Mapped over this list of dictionaries."""
    zipped: bool = False
    """The values of `over` go together index by index: tasks of a mapped group."""
    kind: str = "task"
    claims: Mapping[str, Claim] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    tracked: bool = False
    """It can skip, or reads Airflow's context, so that the flow needs the runtime."""


@dataclass(frozen=True)
class Item:
    """One line of the manifest."""

    kind: str
    """dag, task, edge or attribute."""
    name: str
    line: int
    flow_line: int
    status: str
    note: str = ""
    paragraph: str = ""


def equivalent(note: str, paragraph: str) -> Claim:
    """Claim an equivalence, with its difference and where it is explained."""
    return Claim(EQUIVALENT, note, paragraph)


def refused(note: str) -> Claim:
    """Claim a refusal, with its reason."""
    return Claim(REFUSED, note)
