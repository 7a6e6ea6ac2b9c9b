"""Long texts of a flow are folded, and say the same."""

from __future__ import annotations

import ast

import pytest

from migration.writing.long_texts import folded

LONG = " ".join(f"word{number}" for number in range(30))
CALLS = {
    "argument": f'    call(\n        "{LONG}"\n    )\n',
    "named": f'    call(\n        name="{LONG}",\n    )\n',
    "listed": f'    call([\n        "{LONG}",\n        "{LONG} b",\n    ])\n',
    "value": f'    call({{\n        "a key": "{LONG}",\n    }})\n',
    "formatted": f"    call(\n        f'{LONG} {{1 + 2:03d}} {{{{as is}}}} {LONG} {{str(4)!r}}',\n    )\n",
    "address": f'    call(\n        f"http://a?{LONG.replace(" ", "/&").replace("9", "{9}")}"\n    )\n',
    "signs": f'    call(\n        "{LONG} \\n \\\\ \\t {LONG}"\n    )\n',
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_long_text_is_folded(kind: str) -> None:
    text = f"def flow():\n{CALLS[kind]}"
    found = folded(text, ())
    assert max(len(line) for line in text.splitlines()) > 110 >= max(len(line) for line in found.splitlines())
    given: list[list[object]] = [[], []]
    for number, one in enumerate((text, found)):
        names = {"call": lambda *args, at=number, **named: given[at].append((args, named))}
        exec(one, names)  # noqa: S102 - what is written, called
        names["flow"]()
    assert given[0] == given[1] and len(given[0]) == 1


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f'call(\n    "{LONG}"\n)\n', {1, 2, 3}),
        (f'call("short", {LONG.replace(" ", ", ")})\n', ()),
        (f'call("""\n{LONG}\n""")\n', ()),
        (f'call(\n    r"{LONG}",\n)\n', ()),
        (f'call(\n    "é {LONG}",\n)\n', ()),
        (f'call(\n    b"{LONG}",\n)\n', ()),
    ],
    ids=["of the author's", "no text", "with lines", "raw", "beyond ASCII", "bytes"],
)
def test_what_is_left_as_it_is(text: str, own: set[int]) -> None:
    ast.parse(text)
    assert folded(text, own) == text
