"""Prints plans, outcomes and drift: names of settings and fields, never a secret."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from blocks.applying import Outcome
from blocks.checking import Drift
from blocks.planning import ACTIONS, Plan, Step
from blocks.prefect_api import StoredVariable
from blocks.wanted import VARIABLE
from pipelines.secrets import MASK, mask

LONGEST_SHOWN = 60


def say(sentence: str) -> None:
    """Tell the user something beside the result."""
    print(f"replant: {sentence}", file=sys.stderr)


def show_plan(plan: Plan, path: Path | None) -> None:
    """Print a plan, the settings that stay as they are as a number only."""
    for action in ACTIONS:
        if action == "leave":
            continue
        for step in plan.steps:
            if step.action == action:
                print(_line(step))
    for name in plan.gone:
        print(f"gone      {name}: no longer in the sources; left alone in Prefect")
    print(", ".join(f"{plan.count(action)} to {action}" for action in ACTIONS[:3]), end="")
    print(f", {plan.count('conflict')} conflicts." if plan.count("conflict") else ".")
    if path is not None:
        print(f"Next: replant blocks apply {path}")


def _line(step: Step) -> str:
    line = f"{step.action:<9} {step.wanted.reference} -> {step.wanted.target}"
    if step.action != "conflict":
        line += _values(step)
    return "".join([line, *(f"\n          {note}" for note in step.notes)])


def _values(step: Step) -> str:
    """Give what a plain Variable's value changes from and to; of others, only which fields."""
    item = step.wanted
    if item.slug != VARIABLE:
        return f" ({', '.join(step.fields)})" if step.fields else f" ({MASK})"
    new = _short(item.data["value"])
    if isinstance(step.found, StoredVariable) and step.action == "change":
        # What stands there now may be a secret by the rules, whatever the new value is.
        return (
            f" (value: {MASK} -> {new})"
            if step.fields != ("the ledger's record",)
            else f" ({step.fields[0]})"
        )
    return f" = {new}"


def _short(value: Any) -> str:
    text = mask(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def show_outcomes(outcomes: Sequence[Outcome], conflicts: Sequence[str], planned: int) -> None:
    """Print what came of a plan."""
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in failed:
        print(f"refused   {outcome.step.wanted.reference}: {outcome.error}")
    for name in conflicts:
        print(f"conflict  {name}: left out, as planned")
    written = len(outcomes) - len(failed)
    rest = planned - len(outcomes) - len(conflicts)
    counts = f"{rest} already in step, {len(failed)} refused, {len(conflicts)} conflicts"
    print(f"{written} settings written, {counts}.")
    if failed:
        say("Some settings were refused; the same `apply` tries those again.")


def show_drifts(drifts: Sequence[Drift], settings: int) -> None:
    """Print what is out of step."""
    for drift in drifts:
        print(f"{drift.setting}: {drift.what}")
    in_step = "all are in step" if not drifts else f"{len(drifts)} out of step"
    print(f"{settings} settings in the sources: {in_step}.")


class Progress:
    """A bar on a terminal, a line now and then elsewhere; both on stderr, none for short work."""

    def __init__(self, total: int, what: str) -> None:
        self._total = total
        self._what = what
        self._began = self._said = 0.0
        self._first = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and self._total:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn(self._what),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, done: int, total: int) -> None:
        """Tell how far the work is."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done)
            return
        now = time.monotonic()
        if not self._first:
            # what comes before the first one says nothing of the pace
            self._began, self._said, self._first = now, now, done
        elif now - self._said >= 2:
            self._said = now
            left = (now - self._began) / max(1, done - self._first) * (total - done)
            say(f"{done} of {total} {self._what}, about {left:.0f} s left")
