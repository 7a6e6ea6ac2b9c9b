"""Each equivalence that the converter can claim has its paragraph in the docs, which names a test of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from engines.places import CHECKOUT
from migration.constructs import registry

TESTS = CHECKOUT / "tests" / "migration"
TEST = re.compile(r"`(?:tests/migration/)?((?:constructs/)?test_\w+\.py)`")
NOT_HERE = {"docker": "no container runs", "kubernetes": "no cluster is used", "gke": "in the same way"}
"""What cannot be executed here, and how its paragraph says so."""


def paragraphs() -> dict[str, str]:
    """Give the paragraphs by their headings."""
    parts = re.split(r"^## (.+)$", (CHECKOUT / "docs" / "semantics.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def claimed() -> set[str]:
    """Give the paragraphs that the converter's files link to."""
    return {one for file in (CHECKOUT / "migration").rglob("*.py") for one in _linked(file)}


def _linked(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "equivalent":
            linked = node.args[1] if len(node.args) > 1 else None
            assert isinstance(linked, ast.Constant), f"{file}:{node.lineno} links to no fixed paragraph"
            yield str(linked.value)


def test_every_paragraph_is_there() -> None:
    links = claimed()
    assert {"mail", "pools", "schedules"} <= links
    assert links <= paragraphs().keys(), links - paragraphs().keys()


def test_every_paragraph_names_an_executed_test() -> None:
    texts = paragraphs()
    for name in sorted(claimed() - NOT_HERE.keys()):
        named = TEST.findall(texts[name])
        assert named and "xecuted" in texts[name], f"the paragraph {name} names no executed test"
        for file in named:
            places = (TESTS / file, TESTS / "constructs" / file)
            assert any(one.is_file() for one in places), (
                f"the paragraph {name} names {file}, which is not there"
            )


def test_what_cannot_be_executed_here_says_so() -> None:
    texts = paragraphs()
    for name, words in NOT_HERE.items():
        assert words in texts[name], name
    for name in ("DockerOperator", "KubernetesPodOperator", "GKEStartPodOperator"):
        assert not registry().run_here([name]), name
    assert registry().run_here(["BashOperator", "EmailOperator"])
