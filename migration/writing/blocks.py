"""Writes the calls of a flow whose branches and rules are plain `if`s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from migration.writing.literals import quoted
from migration.writing.shape import ALL_DONE, LOOKS, Atom, Guard, Shape

ENDS, RUNNING = "\0ends", "\0running"
"""Lists of what the flow returns, and of what it waits for at its end."""
ALLOW = "from prefect import allow_failure"


@dataclass(frozen=True)
class Line:
    """One line of a flow's body, or several where a text in it has line breaks."""

    text: str
    depth: int = 0
    task: str = ""
    """The task that is called there."""

    @property
    def opens(self) -> bool:
        """Say whether it begins a block."""
        return self.text.endswith(":") and self.text.startswith(("if ", "elif ", "else"))


def waiting(name: str) -> str:
    """Give the import of Prefect's function for waiting, by another name where the author has one like it."""
    return "from prefect.futures import wait" + ("" if name == "wait" else f" as {name}")


def listed(elements: list[str]) -> str:
    """Give a list; of another one's elements only, that one."""
    if len(elements) == 1 and elements[0].startswith("*"):
        return elements[0][1:]
    return f"[{', '.join(elements)}]"


@dataclass
class Blocks:
    """The blocks of one flow while they are written."""

    shape: Shape
    variables: Mapping[str, str]
    ends: list[str]
    """The tasks whose states make the run's."""
    running: list[str]
    """The tasks that the flow waits for at its end besides."""
    before: Callable[[str], list[str]]
    after: Callable[[str], list[str]]
    """Give the tasks right before and behind one."""
    waiter: str = "wait"
    """What Prefect's function for waiting is called in the file."""
    lists: dict[str, str] = field(default_factory=dict)
    """The names of lists of tasks that may have been called; by who waits for them, ENDS or RUNNING."""
    imports: set[str] = field(default_factory=set)
    runtime: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    _open: Guard = ()
    _asked: dict[int, list[Atom]] = field(default_factory=dict)
    """The conditions of the blocks right before, by depth: what an `elif` goes on from."""
    _begun: set[str] = field(default_factory=set)

    def waits(self, task_id: str, before: list[str]) -> list[str]:
        """Give what a task waits for, as the elements of a list."""
        maybe = self.shape.maybe[task_id]
        shown = [self._allowed(task_id, one) for one in before if one not in maybe]
        return [*shown, f"*{self.lists[task_id]}"] if maybe else shown

    def _allowed(self, task_id: str, before: str) -> str:
        if self.shape.rules[task_id] not in (*ALL_DONE, *LOOKS):
            return self.variables[before]
        self.imports.add(ALLOW)
        return f"allow_failure({self.variables[before]})"

    def collectors(self, task_id: str) -> list[str]:
        """Give those for whom it is put into a list: tasks behind it, ENDS or RUNNING."""
        found = [one for one in self.after(task_id) if task_id in self.shape.maybe[one]]
        if self.shape.guards[task_id]:
            found += [ENDS] if task_id in self.ends else []
            found += [RUNNING] if task_id in self.running and self._list_of(task_id) == RUNNING else []
        return found

    def is_named(self, task_id: str) -> bool:
        """Say whether its future needs a name: it is asked for beyond being put into one list."""
        put = self.collectors(task_id)
        read = len(self.after(task_id)) + (task_id in self.ends)
        read += task_id in self.running and (not self.shape.guards[task_id] or RUNNING in put)
        return read > len(put) or len(put) > 1 or any(
            atom.task == task_id and atom.kind in ("goes_to", "goes_on")
            for guard in self.shape.guards.values() for atom in guard
        )  # fmt: skip

    def call(self, task_id: str, text: str) -> None:
        """Write a task's call inside its conditions."""
        self._enter(task_id)
        depth = len(self.shape.guards[task_id])
        put = self.collectors(task_id)
        self.imports |= {ALLOW} if any(self._is_lenient(one) for one in put) else set()
        if put and not self.is_named(task_id):
            inner = f"allow_failure({text})" if self._is_lenient(put[0]) else text
            self._add(f"{self.lists[put[0]]}.append({inner})", depth, task_id)
            return
        self._add(f"{self.variables[task_id]} = {text}" if self.is_named(task_id) else text, depth, task_id)
        for one in put:
            name = self.variables[task_id]
            inner = f"allow_failure({name})" if self._is_lenient(one) else name
            self._add(f"{self.lists[one]}.append({inner})", depth)

    def _is_lenient(self, collector: str) -> bool:
        return self.shape.rules.get(collector) in (*ALL_DONE, *LOOKS)

    def result(self) -> str:
        """Give the flow's result: all that the run's state depends on."""
        fixed = [self.variables[one] for one in self.ends if not self.shape.guards[one]]
        if ENDS not in self.lists:
            return fixed[0] if len(fixed) == 1 else f"[{', '.join(fixed)}]"
        return f"[{', '.join([*fixed, '*' + self.lists[ENDS]])}]" if fixed else self.lists[ENDS]

    def wait_at_end(self) -> None:
        """Wait for tasks that may still run; those that may not have been called are in a list."""
        shown = []
        for task_id in self.running:
            own = self.variables.get(task_id, "")
            shown.append(f"*{self.lists[self._list_of(task_id)]}" if self.shape.guards[task_id] else own)
        if shown:
            self.imports.add(waiting(self.waiter))
            self._add(f"{self.waiter}({listed(list(dict.fromkeys(shown)))})", 0)

    def _list_of(self, task_id: str) -> str:
        """Give the list outside of all blocks that the task is put into."""
        given = (one for one in self.after(task_id) if task_id in self.shape.maybe[one])
        plain = (one for one in given if not self.shape.base(one) and not self._is_lenient(one))
        return next(plain, RUNNING)

    def _add(self, text: str, depth: int, task_id: str = "") -> None:
        self.lines.append(Line(text, depth, task_id))
        self._asked = {level: atoms for level, atoms in self._asked.items() if level < depth}

    def _enter(self, task_id: str) -> None:
        """Open the blocks of a task's conditions."""
        guard = self.shape.guards[task_id]
        common = 0
        while common < min(len(guard), len(self._open)) and guard[common] == self._open[common]:
            common += 1
        self._open = guard
        for depth in range(common, len(guard)):
            self._begin_lists(guard[:depth], guard[depth])
            self._ask(guard[depth], depth)

    def _begin_lists(self, base: Guard, atom: Atom) -> None:
        """Begin the lists that something in the blocks of this decision is put into."""
        size = len(base)
        inside = [
            one for one, guard in self.shape.guards.items()
            if len(guard) > size and guard[:size] == base and guard[size].task == atom.task
        ]  # fmt: skip
        for one in dict.fromkeys(collector for task_id in inside for collector in self.collectors(task_id)):
            if one not in self._begun and (self.shape.base(one) if one in self.shape.guards else ()) == base:
                self._begun.add(one)
                self._add(f"{self.lists[one]} = []", len(base))

    def _ask(self, atom: Atom, depth: int) -> None:
        """Write an `if`; an `elif` or `else` where the way before it excludes this one."""
        asked = self._asked.get(depth, [])
        goes_on = bool(asked) and asked[0].task == atom.task and atom.task in self.shape.raising
        goes_on = goes_on and atom.kind == "goes_to" and not {
            way for one in asked for way in one.options
        } & set(atom.options)  # fmt: skip
        text = self._condition(atom, depth)
        if goes_on:
            choices = set(self.shape.choices[atom.task] or ())
            covered = choices <= {way for one in [*asked, atom] for way in one.options}
            text = "else:" if covered else f"el{text}"
        self.lines.append(Line(text, depth))
        self._asked = {level: atoms for level, atoms in self._asked.items() if level < depth}
        self._asked[depth] = [*asked, atom] if goes_on else [atom]

    def _condition(self, atom: Atom, depth: int) -> str:
        if atom.kind == "any":
            return f"if {self.lists[atom.task]}:"
        if atom.kind in LOOKS:
            return self._look(atom, depth)
        name, shown = self.variables[atom.task], [quoted(one) for one in atom.options]
        if atom.task not in self.shape.raising:
            self.runtime.add(atom.kind)
            return f"if {atom.kind}({', '.join([name, *shown])}):"
        if not shown:
            return f"if {name}.result():"
        is_one = f"== {shown[0]}" if len(shown) == 1 else f"in ({', '.join(shown)})"
        return f"if {name}.result() {is_one}:"

    def _look(self, atom: Atom, depth: int) -> str:
        """Wait for what is before and ask how it has ended."""
        self.imports.add(waiting(self.waiter))
        names = ", ".join(self.variables[one] for one in self.before(atom.task))
        if not any(one.depth == 0 and one.text == f"{self.waiter}([{names}])" for one in self.lines):
            self._add(f"{self.waiter}([{names}])", depth)
        if atom.kind == "one_failed":
            return f"if any(not one.state.is_completed() for one in [{names}]):"
        return f"if not any(one.state.is_completed() for one in [{names}]):"
