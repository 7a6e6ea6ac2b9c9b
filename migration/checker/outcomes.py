"""Compares what a written flow does with each set of outcomes with what Airflow's rules make of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migration.checker.rules import BAD, FAILED, SUCCESS, behind, kind_of, leaves, states
from migration.graph import Dag

RAN = (SUCCESS, FAILED)


def outcome_differences(
    dag: Dag, scripts: Sequence[Mapping[str, Any]], tries: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Give what differs, one sentence for each kind of difference."""
    if len(scripts) != len(tries) or not scripts:
        yield "the flow was not tried with its branches and rules"
        return
    later = behind(dag)
    before = {name: {one for one, after in later.items() if name in after} for name in later}
    told: set[str] = set()
    for script, seen in zip(scripts, tries, strict=True):
        for text in _of_one(dag, script, seen, before):
            if text not in told:
                told.add(text)
                yield f"{text} when {_shown(script)}"


def _shown(script: Mapping[str, Any]) -> str:
    parts = [
        f"{name} fails" if one.get("fails") else f"{name} gives {one.get('value')!r}"
        for name, one in script.items()
    ]
    return ", ".join(parts)[:160] or "all goes well"


def _of_one(
    dag: Dag, script: Mapping[str, Any], seen: Mapping[str, Any], before: Mapping[str, set[str]]
) -> Iterator[str]:
    expected = states(dag, script)
    found = seen["states"]
    for name, state in expected.items():
        if state == "unknown":
            yield f"the rule of {name} is not known here"
        if (state in RAN) != (found.get(name) in RAN):
            yield f"{name} {'does not run' if state in RAN else f'runs, though it is {state}'}"
        elif state in RAN and name not in seen["settled"]:
            yield f"the run ends before {name}"
    fails = any(expected[name] in BAD for name in leaves(dag))
    failed = bool(seen["raised"]) or any(found.get(name) != SUCCESS for name in seen["returned"])
    if fails != failed:
        yield f"the run {'succeeds' if fails else 'fails'}"
    for name, waited in seen["at_call"].items():
        for other in set(waited) - before[name] - _of_decisions(dag, waited, before, name):
            yield f"{name} waits for {other} without need"


def _of_decisions(dag: Dag, waited: Sequence[str], before: Mapping[str, set[str]], name: str) -> set[str]:
    """A decision side by side with one of its own may be waited for: it has nothing else before it."""
    own = [one for one in before[name] if kind_of(dag.task(one)) != "task"]
    return {
        other for other in waited
        if kind_of(dag.task(other)) != "task" and any(before[other] <= before[one] for one in own)
    }  # fmt: skip
