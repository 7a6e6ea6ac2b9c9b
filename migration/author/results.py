"""Writes an author's function with its XComs as its result and its arguments."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from migration.author.xcoms import Exchange, Pull, assignment, code_of
from migration.writing.literals import identifier

WHOLE, PART, NONE = "whole", "part", "none"
"""How a pulled value comes: as an earlier task's result, as one key of it, or never."""


@dataclass(frozen=True)
class Exchanged:
    """The function written anew, and which task's result each new parameter takes."""

    node: cst.FunctionDef
    parameters: Mapping[str, str]


def exchanged(exchange: Exchange, ways: Mapping[Pull, str]) -> Exchanged | None:
    """Write a function with what it pushes returned and what it pulls as parameters.

    `ways`: how each pulled value comes. None where an author's variable is in the way.
    """
    body = exchange.body
    names = _names(exchange.node) | _looked_up(exchange.node)
    parameters: dict[str, str] = {}
    annotations: dict[str, cst.Annotation] = {}
    replaced: dict[int, cst.BaseExpression] = {}
    left_out: set[int] = {id(one) for one in body if _binds(one, exchange.handles)}
    for call, pull in exchange.pulls:
        if ways[pull] == NONE:
            replaced[id(call)] = cst.Name("None")
            continue
        statement = next((one for one in body if (found := assignment(one)) and found[1] is call), None)
        assigned = assignment(statement) if statement is not None else None
        if ways[pull] == WHOLE and assigned and _is_first(assigned[0], statement, exchange):
            parameters[assigned[0]] = pull.task_id
            annotations.update({assigned[0]: assigned[2]} if assigned[2] else {})
            left_out.add(id(statement))
            continue
        wanted = pull.task_id if ways[pull] == PART else pull.key if pull.key.isidentifier() else pull.task_id
        name = next((one for one, task_id in parameters.items() if task_id == pull.task_id), "")
        if ways[pull] == WHOLE or not name:
            name = _free(identifier(wanted), names | set(parameters))
        parameters[name] = pull.task_id
        replaced[id(call)] = _part(name, pull.key) if ways[pull] == PART else cst.Name(name)
    node = _with_parameters(exchange.node, parameters, annotations)
    return Exchanged(_with_body(node, exchange, replaced, left_out), parameters)


def _names(node: cst.CSTNode) -> set[str]:
    """Give all names in a piece of code."""
    found: set[str] = set()

    class Names(cst.CSTVisitor):
        def visit_Name(self, node: cst.Name) -> None:  # noqa: N802
            found.add(node.value)

    node.visit(Names())
    return found


def _looked_up(node: cst.FunctionDef) -> set[str]:
    """Give the texts beside a function's **kwargs: what becomes a parameter is no longer in there."""
    rest = node.params.star_kwarg.name.value if node.params.star_kwarg else ""
    found: set[str] = set()
    for one in ast.walk(ast.parse(code_of(node))):
        is_beside = isinstance(one, ast.Subscript | ast.Call | ast.Compare)
        inner = [
            *ast.iter_child_nodes(one),
            *(ast.iter_child_nodes(one.func) if isinstance(one, ast.Call) else ()),
        ]
        if rest and is_beside and any(isinstance(each, ast.Name) and each.id == rest for each in inner):
            texts = (each.value for each in inner if isinstance(each, ast.Constant))
            found |= {text for text in texts if isinstance(text, str)}
    return found


def _free(name: str, taken: set[str]) -> str:
    stem, number = name, 2
    while name in taken:
        name = f"{stem}_{number}"
        number += 1
    return name


def _part(name: str, key: str) -> cst.BaseExpression:
    return cst.parse_expression(f"{name}[{_literal(key)}]")


def _literal(text: str) -> str:
    shown = repr(text)
    return f'"{shown[1:-1]}"' if '"' not in shown else shown


def _binds(statement: cst.BaseStatement, handles: frozenset[str]) -> bool:
    assigned = assignment(statement)
    return bool(assigned) and assigned is not None and assigned[0] in handles


def _is_first(name: str, statement: cst.CSTNode | None, exchange: Exchange) -> bool:
    """Say whether a variable appears in its statement first, so that it can be a parameter."""
    params = exchange.node.params
    own = [*params.params, *params.kwonly_params, params.star_kwarg]
    if any(isinstance(one, cst.Param) and one.name.value == name for one in own):
        return False
    if name in _looked_up(exchange.node):
        return False
    for one in exchange.body:
        if one is statement:
            return True
        if name in _names(one):
            return False
    return False


def _with_parameters(
    node: cst.FunctionDef, parameters: Mapping[str, str], annotations: Mapping[str, cst.Annotation]
) -> cst.FunctionDef:
    """Add parameters before those that have defaults."""
    old = list(node.params.params)
    place = next((number for number, one in enumerate(old) if one.default is not None), len(old))
    added = [
        cst.Param(cst.Name(name), annotation=_annotation(annotations.get(name)))
        for name in parameters
    ]  # fmt: skip
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    first = [
        one.with_changes(comma=comma) if place == len(old) and one is old[-1] else one for one in old[:place]
    ]
    last = cst.MaybeSentinel.DEFAULT
    spaced = [one.with_changes(comma=comma if old[place:] else last) for one in added]
    if len(spaced) > 1:
        spaced = [one.with_changes(comma=comma) for one in spaced[:-1]] + spaced[-1:]
    return node.with_changes(params=node.params.with_changes(params=[*first, *spaced, *old[place:]]))


def _annotation(annotation: cst.Annotation | None) -> cst.Annotation | None:
    """Give a variable's annotation to a parameter: its colon has no space before it there."""
    return None if annotation is None else cst.Annotation(annotation.annotation)


class _Replacing(cst.CSTTransformer):
    def __init__(self, replaced: Mapping[int, cst.BaseExpression]) -> None:
        self._replaced = replaced

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        return self._replaced.get(id(original_node), updated_node)


def _with_body(
    node: cst.FunctionDef,
    exchange: Exchange,
    replaced: Mapping[int, cst.BaseExpression],
    left_out: set[int],
) -> cst.FunctionDef:
    """Give the function without its XComs; the comments beside them stay."""
    pushed = {one.place for one in exchange.pushes}
    body: list[cst.BaseStatement] = []
    above: list[cst.EmptyLine] = []
    last: list[cst.EmptyLine] = []
    trailing: cst.TrailingWhitespace | None = None
    for number, statement in enumerate(exchange.body):
        if number in pushed and isinstance(statement, cst.SimpleStatementLine):
            last += [*above, *statement.leading_lines]
            above = []
            if len(pushed) == 1:
                trailing = statement.trailing_whitespace
            else:
                last += _comment(statement)
        elif id(statement) in left_out and isinstance(statement, cst.SimpleStatementLine):
            above += [one for one in statement.leading_lines if one.comment] + _comment(statement)
        else:
            new = statement.visit(_Replacing(replaced))
            if not isinstance(new, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                raise TypeError(f"a statement became {type(new).__name__}")
            body.append(new.with_changes(leading_lines=[*above, *new.leading_lines]) if above else new)
            above = []
    if pushed:
        line = _returning(exchange, replaced).with_changes(leading_lines=[*last, *above])
        body.append(line.with_changes(trailing_whitespace=trailing) if trailing else line)
    elif not body:
        body.append(cst.parse_statement("pass").with_changes(leading_lines=above))
    inner = cst.ensure_type(exchange.node.body, cst.IndentedBlock)
    returns = None if pushed else node.returns
    return node.with_changes(body=inner.with_changes(body=body), returns=returns)


def _comment(statement: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    """Give the comment behind a statement a line of its own."""
    comment = statement.trailing_whitespace.comment
    return [cst.EmptyLine(comment=comment)] if comment else []


def _returning(exchange: Exchange, replaced: Mapping[int, cst.BaseExpression]) -> cst.SimpleStatementLine:
    values = [one.value.visit(_Replacing(replaced)) for one in exchange.pushes]
    codes = [_on_one_line(code_of(one)) for one in values if isinstance(one, cst.BaseExpression)]
    if len(codes) == 1:
        text = codes[0]
    else:
        pairs = (f"{_literal(one.key)}: {code}" for one, code in zip(exchange.pushes, codes, strict=True))
        text = f"{{{', '.join(pairs)}}}"
    return cst.ensure_type(cst.parse_statement(f"return {text}"), cst.SimpleStatementLine)


def _on_one_line(code: str) -> str:
    """Put an expression that goes over several lines into brackets."""
    return f"({code})" if "\n" in code else code
