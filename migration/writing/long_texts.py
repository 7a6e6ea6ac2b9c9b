"""Texts that make a line too long become several, cut behind their spaces."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

WIDTH = 110


def folded(text: str, own: Collection[int]) -> str:
    """Fold the long texts of a module. `own`: lines of the author's, which stay."""
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in sorted(_long(tree, lines, own), key=lambda one: -one.lineno):
        number = node.lineno - 1
        new = _fold(lines[number], node, isinstance(parents.get(node), ast.Call))
        changed = [*lines[:number], new, *lines[number + 1 :]]
        lines = changed if _is_same(changed, lines) else lines
    return "".join(lines)


def _long(tree: ast.Module, lines: list[str], own: Collection[int]) -> Iterator[ast.expr]:
    """Find texts that alone make their line too long."""
    seen = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if not is_text or not isinstance(node, ast.expr) or node.lineno != node.end_lineno:
            continue
        line = lines[node.lineno - 1]
        if node.lineno in own or node.lineno in seen or not line.isascii() or len(line.rstrip()) <= WIDTH:
            continue
        if line[node.end_col_offset or 0 :].strip() in ("", ","):
            seen.add(node.lineno)
            yield node


def _is_same(changed: list[str], lines: list[str]) -> bool:
    try:
        return ast.dump(ast.parse("".join(changed))) == ast.dump(ast.parse("".join(lines)))
    except SyntaxError:
        return False


def _fold(line: str, node: ast.expr, is_argument: bool) -> str:
    """Write a line's text in parts, in parentheses unless it is an argument by position."""
    end = node.end_col_offset or len(line)
    before, token, after = line[: node.col_offset], line[node.col_offset : end], line[end:]
    indent = " " * (len(line) - len(line.lstrip()))
    bare = is_argument and not before.strip()
    inner = indent if bare else f"{indent}    "
    is_formatted, quote = token[0] == "f", token[-1]
    if token.startswith((quote * 3, f"f{quote * 3}")) or token[0] not in f"f{quote}":
        return line
    parts = _parts(token[2 if is_formatted else 1 : -1], WIDTH - len(inner) - 4, is_formatted)
    shown = "\n".join(
        f"{inner}{'f' if is_formatted and '{' in one else ''}{quote}{one}{quote}" for one in parts
    )
    return f"{shown}{after}" if bare else f"{before}(\n{shown}\n{indent}){after}"


def _parts(body: str, width: int, is_formatted: bool) -> list[str]:
    """Cut a literal's inside behind spaces, or in addresses, but not within the braces of an f-string."""
    parts = [""]
    for word in _words(body, " ", is_formatted):
        pieces = [word] if len(word) <= width else _words(word, "/&?", is_formatted)
        for piece in pieces:
            if parts[-1] and len(parts[-1]) + len(piece) > width:
                parts.append("")
            parts[-1] += piece
    return parts


def _words(body: str, ends: str, is_formatted: bool) -> list[str]:
    words, depth = [""], 0
    for sign in body:
        depth += {"{": 1, "}": -1}.get(sign, 0) if is_formatted else 0
        words[-1] += sign
        if sign in ends and depth == 0:
            words.append("")
    return words
