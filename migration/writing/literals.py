"""Recorded values as Python."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from migration.standin.symbols import CLOSE, OPEN
from migration.writing.plan import Code, RefusedError

SYMBOL = re.compile(f"{OPEN}(.*?){CLOSE}", re.DOTALL)
TEXT = re.compile(r"(os\.environ\[|Variable\.get\()'[^'\"\\]*'[\])]")
"""What is a text for certain."""
KNOWN_THERE = {"Variable": "Variable.get", "os": "os.environ", "kubernetes": "kubernetes.client"}
"""What a symbol may be made of and still be Python in the flow, besides fixed values."""
IMPORTS = {"os": "import os", "kubernetes": "import kubernetes.client"}
EXPRESSIONS = (
    ast.Expression, ast.BinOp, ast.operator, ast.Constant, ast.Call, ast.keyword, ast.Attribute,
    ast.Subscript, ast.Name, ast.Load, ast.List, ast.Tuple, ast.Dict,
)  # fmt: skip


class Values:
    """Writes values; notes which names they need."""

    def __init__(
        self, callables: Callable[[dict[str, Any]], str], results: Callable[[str, str, list[Any]], str]
    ):
        self._callables = callables
        self._results = results
        self.imports: set[str] = set()
        self.runtime: set[str] = set()

    def write(self, value: Any) -> str:
        """Give the expression.

        Raises RefusedError for a value that only exists while Airflow builds the DAG.
        """
        if isinstance(value, Code):
            return value.text
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return repr(value)
        if isinstance(value, list):
            return f"[{', '.join(self.write(one) for one in value)}]"
        if isinstance(value, dict):
            return self._tagged(value)
        raise RefusedError(f"a value of type {type(value).__name__} cannot be written")

    def text(self, value: str) -> str:
        """Give a string, an f-string where it has symbols in it."""
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise RefusedError("a text with half a character in it (a lone surrogate)")
        if OPEN not in value:
            return quoted(value)
        if (whole := SYMBOL.fullmatch(value)) and TEXT.fullmatch(whole[1]):
            return self.symbol(whole[1])
        parts = SYMBOL.split(value)
        written = ""
        for number, part in enumerate(parts):
            if number % 2:
                written += "{" + self.symbol(part).replace('"', "'") + "}"
            else:
                written += part.replace("{", "{{").replace("}", "}}")
        body = repr(written)
        if "'" in written and not any(sign in written for sign in '"\n\\'):
            return f'f"{written}"'
        if "\\" in body or "'" in written:
            body = '"""' + written.replace("\\", "\\\\").replace('"""', r"\"\"\"") + '"""'
            if written.endswith('"'):
                raise RefusedError("a text with a Variable in it ends with a quotation mark")
        return "f" + body

    def symbol(self, text: str) -> str:
        """Give a symbol's expression."""
        roots = _roots(text)
        if roots is None:
            raise RefusedError(f"the value {text} is only known where Airflow or a missing module gives it")
        self.runtime |= roots & {"Variable"}
        self.imports |= {IMPORTS[one] for one in roots - {"Variable"}}
        return ast.unparse(ast.parse(text, mode="eval"))  # with only the parentheses that it needs

    def _tagged(self, value: dict[str, Any]) -> str:
        tag = next((key for key in value if key.startswith("$")), "")
        if not tag:
            return "{" + ", ".join(f"{key!r}: {self.write(one)}" for key, one in value.items()) + "}"
        content = value[tag]
        if tag == "$tuple":
            items = [self.write(one) for one in content]
            return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
        if tag == "$set":
            return "{" + ", ".join(sorted(self.write(one) for one in content)) + "}" if content else "set()"
        if tag == "$dict":
            return "{" + ", ".join(f"{self.write(k)}: {self.write(v)}" for k, v in content) + "}"
        if tag in ("$datetime", "$date", "$time", "$timedelta"):
            return self._moment(tag[1:], content)
        if tag == "$symbol":
            return self.symbol(content)
        if tag == "$path":
            self.imports.add("from pathlib import Path")
            return f"Path({content!r})"
        return self._reference(tag, value)

    def _reference(self, tag: str, value: dict[str, Any]) -> str:
        """Write what refers to something of the author's, or to a result."""
        content = value[tag]
        if tag == "$callable":
            return self._callables(value)
        if tag == "$result":
            return self._results(content, value["key"], value["steps"])
        if tag == "$param":
            return str(content)
        if tag == "$paramdef":
            return self.write(content)
        if tag == "$bytes":
            return repr(bytes.fromhex(content))
        what = f"{value.get('module', '')}.{content}".strip(".")
        raise RefusedError(f"the value is an object that only Airflow's process has: {tag[1:]} {what}")

    def _moment(self, kind: str, content: Any) -> str:
        self.imports.add(f"from datetime import {kind}")
        if kind == "datetime" and (moment := datetime.fromisoformat(content)).utcoffset() == timedelta():
            self.imports.add("from datetime import UTC")
            parts = [*moment.timetuple()[:6], moment.microsecond]
            while len(parts) > 3 and not parts[-1]:
                parts.pop()
            return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"
        if kind != "timedelta":
            return f"{kind}.fromisoformat({content!r})"
        days = content / 86400
        return (
            f"timedelta(days={int(days)})"
            if days and days == int(days)
            else f"timedelta(seconds={number(content)})"
        )


def number(value: float) -> str:
    """Give a number in full, without a point where it is whole."""
    return str(int(value)) if value == int(value) else repr(value)


def _roots(text: str) -> set[str] | None:
    """Give what an expression is made of, if the flow has all of it."""
    try:
        parts = list(ast.walk(ast.parse(text, mode="eval")))
    except SyntaxError:
        return None
    names = {one.id for one in parts if isinstance(one, ast.Name)}
    whole = {ast.unparse(one) for one in parts if isinstance(one, ast.Attribute)}
    known = all(KNOWN_THERE.get(name) in whole for name in names)
    return names if names and known and all(isinstance(one, EXPRESSIONS) for one in parts) else None


def quoted(value: str) -> str:
    """Give a string literal; with line breaks, one in triple quotes if that reads back the same."""
    if "\n" in value and len(value) > 20:
        body = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        if not body.endswith('"') and all(sign.isprintable() or sign in "\n\t" for sign in body):
            return f'"""{body}"""'
    text = repr(value)
    if text.startswith("'") and '"' not in text:
        return f'"{text[1:-1]}"'.replace("\\'", "'")
    return text


def f_string(parts: Sequence[tuple[bool, str]]) -> str:
    """Give an f-string of its parts, (is it code, text).

    Raises RefusedError for a text that no f-string of one kind of quotes can hold.
    """
    plain = "".join(text for is_code, text in parts if not is_code)
    long = "\n" in plain or '"' in plain
    body = ""
    for is_code, text in parts:
        if is_code:
            body += f"{{{text}}}"
        else:
            text = text.replace("\\", "\\\\").replace("{", "{{").replace("}", "}}")
            body += text.replace('"""', '\\"\\"\\"') if long else text
    if not long:
        return f'f"{body}"'
    if body.endswith('"'):
        body = f'{body[:-1]}\\"'
    return f'f"""{body}"""'


def identifier(text: str, kind: str = "task") -> str:
    """Give a Python name made of a text, with a word before it where it begins with a digit."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower() or kind
    if name[0].isdigit():
        name = f"{kind}_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name
