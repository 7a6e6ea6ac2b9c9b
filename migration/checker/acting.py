"""Tries a written flow with outcomes given beforehand: its tasks end as the script says, as under Prefect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect import allow_failure
from prefect.exceptions import UnfinishedRun
from prefect.utilities.annotations import BaseAnnotation

SUCCESS, FAILED, NOT_READY = "success", "failed", "not ready"


class ScriptedError(Exception):
    """The error of a task that fails by the script."""


@dataclass
class State:
    """What a future says of its task run."""

    kind: str

    @property
    def name(self) -> str:
        """Prefect's name of it."""
        return {SUCCESS: "Completed", FAILED: "Failed", NOT_READY: "NotReady"}[self.kind]

    def is_completed(self) -> bool:
        """Say whether it has succeeded."""
        return self.kind == SUCCESS

    def is_failed(self) -> bool:
        """Say whether it has failed."""
        return self.kind == FAILED

    def is_pending(self) -> bool:
        """Say whether it could not run."""
        return self.kind == NOT_READY

    def is_final(self) -> bool:
        """Say whether it has ended: what is not ready stays Pending."""
        return self.kind != NOT_READY


@dataclass
class Stage:
    """One try: how each task has ended, and what the flow has waited for."""

    script: Mapping[str, Mapping[str, Any]] | None = None
    """None: not a try; every task succeeds and its value is not known."""
    states: dict[str, str] = field(default_factory=dict)
    before: dict[str, set[str]] = field(default_factory=dict)
    complete: dict[str, bool] = field(default_factory=dict)
    """Whether all before it has ended when it has: what is not ready does not wait for the rest."""
    copies: set[str] = field(default_factory=set)
    waited: set[str] = field(default_factory=set)
    at_call: dict[str, list[str]] = field(default_factory=dict)
    """For each task, what the flow had waited for when it was called."""

    def called(self, name: str, given: Any, how: str) -> None:
        """Work out how a task ends that is given, or waits for, futures.

        Raises ScriptedError for a direct call that fails.
        """
        found = list(_futures(given, False))
        ready = all(lenient or self.states.get(one) == SUCCESS for one, lenient in found)
        fails = (self.script or {}).get(name, {}).get("fails")
        self.before[name] = {one for one, _ in found}
        self.complete[name] = ready
        self.at_call[name] = sorted(self.waited)
        self.states[name] = NOT_READY if not ready else FAILED if fails else SUCCESS
        self.copies |= {name} if how == "map" else set()
        if how == "call":
            self.wait(name)
            if self.states[name] != SUCCESS:
                raise ScriptedError(name)

    def wait(self, name: str) -> None:
        """Note that the flow has waited for a task, and for what surely ended before it."""
        if name not in self.waited:
            self.waited.add(name)
            before = self.before.get(name, set())
            if self.complete.get(name, True) or (len(before) == 1 and not before & self.copies):
                for one in before:
                    self.wait(one)

    def state(self, name: str) -> State:
        """Give how a task has ended."""
        return State(self.states.get(name, SUCCESS))

    def value(self, name: str, otherwise: Any, raise_on_failure: bool) -> Any:
        """Give a task's result as its future would."""
        self.wait(name)
        state = self.states.get(name, SUCCESS)
        if state == NOT_READY:
            raise UnfinishedRun("Run is in PENDING state, its result is not available.")
        if state == FAILED:
            error = ScriptedError(name)
            if raise_on_failure:
                raise error
            return error
        return (self.script or {}).get(name, {}).get("value", otherwise)


def _futures(value: Any, lenient: bool) -> Iterator[tuple[str, bool]]:
    """Find the futures in a value, and whether their failure is allowed."""
    name = getattr(value, "note_name", None)
    if isinstance(name, str):
        yield name, lenient
    elif isinstance(value, BaseAnnotation):
        yield from _futures(value.unwrap(), isinstance(value, allow_failure))
    elif isinstance(value, dict):
        for one in value.values():
            yield from _futures(one, lenient)
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from _futures(one, lenient)


def played(flow: Any, stage: Stage, names_in: Any, told: Any = None) -> dict[str, Any]:
    """Run a flow's body on the stage; give what came of it. `told`: its conf, if it takes one."""
    given = {"conf": told} if "conf" in flow.parameters.properties else {}
    try:
        result, raised = flow.fn(**given), ""
    except (ScriptedError, UnfinishedRun) as error:
        result, raised = None, type(error).__name__
    returned = names_in(result)
    for name in returned:
        stage.wait(name)
    return {
        "states": dict(stage.states),
        "at_call": dict(stage.at_call),
        "settled": sorted(stage.waited),
        "returned": returned,
        "raised": raised,
    }
