"""Branches, short circuits and trigger rules as plain Python: under which conditions each task is called.

A skipped task is not called; one that cannot run is called and waits for what has failed, which makes it not
ready. Only what this keeps exactly has a shape; the rest uses the runtime. The check compares the written
flow with Airflow's rules, outcome by outcome.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migration.graph import Dag
from migration.writing.order import left_running

BRANCH, HARD, SOFT = "branch", "short_circuit", "soft_short_circuit"
DECIDERS = (BRANCH, HARD, SOFT)
ALWAYS = ("always", "dummy")
ALL_DONE = ("all_done", *ALWAYS)
JOINS = ("none_failed_min_one_success", "none_failed_or_skipped")
LOOKS = ("one_failed", "all_failed")
"""Rules for which the flow looks at the states of what is before."""
STOPPED_BY_FAILURE = ("all_success", "none_failed", *JOINS)


@dataclass(frozen=True)
class Atom:
    """One condition."""

    kind: str
    """goes_to (a branch), goes_on (a short circuit), any (one before was called), or a rule of LOOKS."""
    task: str
    """Who decides, or for the last two who is asked for."""
    options: tuple[str, ...] = ()


Guard = tuple[Atom, ...]


@dataclass
class Shape:
    """How a flow is written without the runtime's rules."""

    order: list[str]
    guards: dict[str, Guard]
    maybe: dict[str, list[str]]
    """For each task, those right before it that may not have been called."""
    choices: Mapping[str, tuple[str, ...] | None]
    kinds: Mapping[str, str]
    rules: Mapping[str, str]
    one_of: set[str] = field(default_factory=set)
    """Tasks of which only one before them is ever called."""
    raising: set[str] = field(default_factory=set)
    """Deciders whose failure may end the flow: nothing else is left to do then."""

    def ends(self, dag: Dag, leaves: list[str]) -> list[str]:
        """Give the tasks whose states make the run's: leaves, and what may fail before a skipped one."""
        found = dict.fromkeys(leaves)
        for name, guard in self.guards.items():
            before = dag.before(name)
            for one in before if self.rules[name] == "all_success" else ():
                more = set(guard) - set(self.guards[one])
                if more and not any(self.kinds[atom.task] == HARD or atom.task in before for atom in more):
                    found[one] = None
        return list(found)

    def left_running(self, dag: Dag, ends: list[str]) -> list[str]:
        """Give what may still run when these have ended; the flow waits for it."""
        asked = {atom.task for guard in self.guards.values() for atom in guard if atom.kind not in LOOKS}
        for name, rule in self.rules.items():
            asked |= set(dag.before(name)) if rule in LOOKS and not self.base(name) else set()
        return left_running(dag, [*ends, *asked], [n for n, rule in self.rules.items() if rule in ALL_DONE],
                            self.one_of)  # fmt: skip

    def base(self, task_id: str) -> Guard:
        """Give the conditions under which something before the task is called."""
        return tuple(atom for atom in self.guards[task_id] if atom.task != task_id)


def shape_of(
    dag: Dag,
    order: list[str],
    kinds: Mapping[str, str],
    choices: Mapping[str, tuple[str, ...] | None],
) -> Shape | None:
    """Give the shape of a DAG; None if plain Python would not keep its meaning. `kinds`: of its tasks."""
    rules = {
        task.task_id: str(task.get("trigger_rule", "all_success"))
        if dag.before(task.task_id)
        else "all_success"
        for task in dag.tasks
    }
    return _Shaping(dag, order, kinds, choices, rules).made()


class _NotPlainError(Exception):
    """The shape cannot be kept."""


class _Shaping:
    def __init__(
        self,
        dag: Dag,
        order: list[str],
        kinds: Mapping[str, str],
        choices: Mapping[str, tuple[str, ...] | None],
        rules: Mapping[str, str],
    ) -> None:
        self.dag, self.given, self.kinds, self.choices, self.rules = dag, order, kinds, choices, rules
        self.place = {name: number for number, name in enumerate(order)}
        self.ancestors: dict[str, set[str]] = {}
        for name in order:
            before = dag.before(name)
            self.ancestors[name] = set(before).union(*(self.ancestors[one] for one in before))
        self.guards: dict[str, Guard] = {}

    def made(self) -> Shape | None:
        try:
            for name in self.given:
                self.guards[name] = self._guard(name)
            maybe = {name: self._maybe(name) for name in self.given}
            found = Shape(self._ordered(), self.guards, maybe, self.choices, self.kinds, self.rules)
        except _NotPlainError:
            return None
        found.one_of = {
            name
            for name, before in maybe.items()
            if len(before) == len(self.dag.before(name))
            and all(self._excludes(left, right) for left, right in itertools.combinations(before, 2))
        }
        found.raising = {name for name in self.given if self._may_raise(name)}
        return found

    def _sorted(self, atoms: set[Atom]) -> Guard:
        return tuple(sorted(atoms, key=lambda atom: (self.place[atom.task], atom.options)))

    def _guard(self, name: str) -> Guard:
        """Give the conditions for calling a task."""
        before, rule = self.dag.before(name), self.rules[name]
        atoms = self._cuts(name)
        inner = [set(self.guards[one]) for one in before]
        if rule == "all_success":
            atoms = atoms.union(*inner)
        elif rule in JOINS:
            atoms |= self._joined(name, inner)
        elif rule in LOOKS:
            if any(one != inner[0] for one in inner):
                raise _NotPlainError
            atoms |= inner[0] | {Atom(rule, name)}
        elif rule not in (*ALL_DONE, "none_failed"):
            raise _NotPlainError
        for atom in atoms:
            if atom.task != name and not set(self.guards[atom.task]) <= atoms:
                raise _NotPlainError  # the decider itself may not have been called
        if len({atom.task for atom in atoms}) < len(atoms):
            raise _NotPlainError
        return self._sorted(atoms)

    def _cuts(self, name: str) -> set[Atom]:
        """Give the decisions that skip a task whatever its rule is, unless Airflow starts it at once."""
        if self.rules[name] in ALWAYS:
            return set()
        found = {Atom("goes_on", one) for one in self.ancestors[name] if self.kinds[one] == HARD}
        for one in self.dag.before(name):
            if self.kinds[one] == SOFT:
                found.add(Atom("goes_on", one))
            if self.kinds[one] == BRANCH:
                ways = self._ways_to(name, one)
                if not set(ways) >= set(self.choices[one] or ("\0",)):
                    found.add(Atom("goes_to", one, ways))
        return found

    def _ways_to(self, name: str, branch: str) -> tuple[str, ...]:
        """Give what a branch names to go to a task: itself, what is before it, or a group of these."""
        own = {branch, *self.ancestors[branch]}
        found = [one for one in (*self.ancestors[name], name) if one not in own]
        found.sort(key=lambda one: self.place[one])
        known = self.choices[branch]
        if known is not None:
            return tuple(one for one in found if one in known)
        parents = {group.group_id: group.parent for group in self.dag.groups}
        groups: dict[str, None] = {}
        for one in found:
            group = self.dag.task(one).group
            while group is not None:
                groups[group] = None
                group = parents.get(group)
        for one in own:  # a group around the branch, or of what is before it, would mean every way
            group = self.dag.task(one).group
            while group is not None:
                groups.pop(group, None)
                group = parents.get(group)
        return (*found, *groups)

    def _joined(self, name: str, inner: list[set[Atom]]) -> set[Atom]:
        """Give when something before a join is called: always, where the ways cover a branch's choices."""
        common = set.intersection(*inner)
        rests = [one - common for one in inner]
        if not all(rests):
            return common
        for choices in self.choices.items():
            covered = {way for rest in rests for way in _ways(rest, choices[0])}
            if choices[1] is not None and covered >= set(choices[1]):
                return common
        return common | {Atom("any", name)}

    def _maybe(self, name: str) -> list[str]:
        base = tuple(atom for atom in self.guards[name] if atom.task != name)
        before = self.dag.before(name)
        found = [one for one in before if not set(self.guards[one]) <= set(base)]
        if any(self.guards[one][: len(base)] != base for one in found):
            raise _NotPlainError
        passed = {edge.upstream for edge in self.dag.edges if edge.downstream == name and edge.kind == "data"}
        if passed and (passed & set(found) or self.rules[name] in (*ALL_DONE, *LOOKS)):
            raise _NotPlainError  # Airflow passes nothing then
        return found

    def _blockers(self, name: str) -> set[str]:
        found = {atom.task for atom in self.guards[name] if atom.kind in ("goes_to", "goes_on")}
        return found.union(
            *(set(self.dag.before(atom.task)) for atom in self.guards[name] if atom.kind in LOOKS)
        )

    def _ordered(self) -> list[str]:
        """Order the tasks so that nothing waits in the flow for what it does not depend on."""
        waiting = list(self.given)
        found: list[str] = []
        waited: set[str] = set()
        while waiting:
            ready = [one for one in waiting if set(self.dag.before(one)) <= set(found)]
            free = [one for one in ready if self._blockers(one) <= waited]
            last = self.guards[found[-1]] if found else ()
            chosen = min(free or ready, key=lambda one: self._haste(one, waited, last))
            for blocker in self._blockers(chosen) - waited:
                self._require_no_needless_wait(blocker, chosen, waiting, waited)
            waited |= self._blockers(chosen)
            found.append(chosen)
            waiting.remove(chosen)
        return found

    def _haste(self, name: str, waited: set[str], last: Guard) -> tuple[Any, ...]:
        """Give what to sort the next tasks by: little to wait for first, then what stays in a block."""
        late = max((len(self.ancestors[one]) for one in self._blockers(name) - waited), default=-1)
        return late, self.guards[name] != last, not _extends(self.guards[name], last), self.place[name]

    def _require_no_needless_wait(
        self, blocker: str, chosen: str, waiting: list[str], waited: set[str]
    ) -> None:
        """What is left must depend on who is waited for, or on a decision made side by side with it."""
        for other in waiting:
            if other == chosen or blocker in self.ancestors[other] or self._excludes(other, chosen):
                continue
            beside = [
                one for one in self.ancestors[other]
                if self.kinds[one] in DECIDERS and one not in waited and one not in waiting
                and self.ancestors[blocker] <= self.ancestors[one] and self.kinds[blocker] in DECIDERS
            ]  # fmt: skip
            if not beside:
                raise _NotPlainError

    def _excludes(self, left: str, right: str) -> bool:
        """Say whether no run calls both: they are on different ways of a branch with known choices."""
        return any(
            one.kind == other.kind == "goes_to" and one.task == other.task
            and self.choices[one.task] is not None and not set(one.options) & set(other.options)
            for one in self.guards[left] for other in self.guards[right]
        )  # fmt: skip

    def _may_raise(self, name: str) -> bool:
        """Say whether a decider's failure may end the flow at once."""
        if self.kinds[name] not in DECIDERS or (self.kinds[name] == BRANCH and self.choices[name] is None):
            return False
        for other in self.given:
            if name in self.ancestors[other]:
                if self.rules[other] not in STOPPED_BY_FAILURE:
                    return False
            elif other != name and other not in self.ancestors[name] and not self._excludes(other, name):
                return False
        return True


def _ways(atoms: set[Atom], branch: str) -> tuple[str, ...]:
    """Give the ways of a branch that are the only condition."""
    only = next(iter(atoms)) if len(atoms) == 1 else None
    return only.options if only is not None and only.kind == "goes_to" and only.task == branch else ()


def _extends(guard: Guard, last: Guard) -> bool:
    return guard[: len(last)] == last
