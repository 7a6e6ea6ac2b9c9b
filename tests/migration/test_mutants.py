"""The checker flags planted mistakes; of at least 40 mutants, 95 % at least, and nothing in what is right."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migration.checker.run import Checker
from migration.convert import convert_file
from migration.entry import Entry, entry_of
from migration.graph import Recording
from migration.places import Place
from migration.recorder.run import Limits, Recorder
from tests.migration.mutant_sources import SOURCES
from tests.migration.mutants import MUTANTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker(limits=Limits(seconds=60)) as started:
        yield started


@pytest.fixture(scope="module")
def converted(
    checker: Checker, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Recording, Entry]]:
    """Record and convert the sources once."""
    folder = tmp_path_factory.mktemp("mutants")
    found = {}
    with Recorder(limits=Limits(seconds=60)) as recorder:
        for name, text in SOURCES.items():
            file = folder / f"{name}.py"
            file.write_text(text)
            place = Place(file, folder)
            found[name] = (recorder.record(file, place.roots()), entry_of(place, recorder, checker, None))
    return found


def found_by(
    checker: Checker, recording: Recording, entry: Entry, text: str, deployments: Any = None
) -> list[str]:
    """Give what the checker says to a text."""
    problems = checker.check(
        recording, entry.path, {entry.path: text}, entry.dags, deployments or entry.deployments, []
    )
    return [problem for several in problems.values() for problem in several]


def deployments_of(entry: Entry) -> list[Any]:
    """Give the schedules of a file's only deployment."""
    return list(entry.deployments[0].get("schedules") or [])


def test_what_is_right_is_not_flagged(
    checker: Checker, converted: dict[str, tuple[Recording, Entry]]
) -> None:
    for recording, entry in converted.values():
        assert [dag["status"] for dag in entry.dags] == ["converted"], entry.dags[0].get("problems")
        assert found_by(checker, recording, entry, entry.text) == []


def test_mutants_are_flagged(checker: Checker, converted: dict[str, tuple[Recording, Entry]]) -> None:
    survived, count = [], 0
    for what, name, pattern, replacement in MUTANTS:
        recording, entry = converted[name]
        matches = list(re.finditer(pattern, entry.text))
        assert matches, f"{what}: nothing matches {pattern} in\n{entry.text}"
        for match in matches:
            text = entry.text[: match.start()] + match.expand(replacement) + entry.text[match.end() :]
            if text != entry.text:
                count += 1
                if not found_by(checker, recording, entry, text):
                    survived.append(f"{what} in {name}: {match.group()!r}")
    for name, (recording, entry) in converted.items():
        changes: list[dict[str, Any]] = [{"schedules": [{"cron": "1 2 3 4 5"}]}]
        changes += [{"schedules": []}] if deployments_of(entry) else []
        for change in changes:
            deployments = [{**one, **change} for one in copy.deepcopy(entry.deployments)]
            count += 1
            if not found_by(checker, recording, entry, entry.text, deployments):
                survived.append(f"lost schedule in {name}")
    assert count >= 40
    assert len(survived) <= 0.05 * count, f"{len(survived)} of {count} survived: {survived}"


def test_a_silent_drop_is_flagged(checker: Checker, converted: dict[str, tuple[Recording, Entry]]) -> None:
    recording, entry = converted["branches"]
    items = entry.dags[0]["items"]
    for number, item in enumerate(items):
        dag = {**entry.dags[0], "items": items[:number] + items[number + 1 :]}
        lacking = checker.check(recording, entry.path, {entry.path: entry.text}, [dag], entry.deployments, [])
        if [other["name"] for other in items].count(item["name"]) == 1:
            assert lacking["branches"] == [f"the manifest lacks {item['kind']} {item['name']}"]
        if number > 12:
            break  # the rest goes the same way


def test_an_internal_error_is_a_refusal_not_a_crash(
    converted: dict[str, tuple[Recording, Entry]], tmp_path: Path
) -> None:
    recording, _ = converted["plain"]
    gone = replace(recording, path=str(tmp_path / "gone.py"))
    result = convert_file(gone, [tmp_path], None)
    assert result.crash and result.dags[0].status == "refused"
