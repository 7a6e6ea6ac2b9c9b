"""XComs in templates: the pulls that a text has, where they are all fixed."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from migration.author.xcoms import HANDLES, RESULT, Pull

NAMES = ("task_ids", "dag_id", "key")


def parts_of(text: str) -> list[str | Pull] | None:
    """Give a template's parts; None if it has more than pulls with fixed arguments."""
    try:
        tree = _jinja().parse(text)
    except TemplateSyntaxError:
        return None
    parts: list[str | Pull] = []
    for node in tree.body:
        if not isinstance(node, nodes.Output):
            return None
        for one in node.nodes:
            part = one.data if isinstance(one, nodes.TemplateData) else _pull(one)
            if part is None:
                return None
            parts.append(part)
    return parts


@cache
def _jinja() -> Environment:
    return Environment(keep_trailing_newline=True)  # noqa: S701 - it only parses


def _pull(node: nodes.Node) -> Pull | None:
    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Getattr):
        return None
    owner = node.node.node
    is_pull = node.node.attr == "xcom_pull" and isinstance(owner, nodes.Name) and owner.name in HANDLES
    if not is_pull or node.dyn_args or node.dyn_kwargs or len(node.args) > len(NAMES):
        return None
    given = dict(zip(NAMES, node.args, strict=False)) | {one.key: one.value for one in node.kwargs}
    fixed = {name: one.value for name, one in given.items() if isinstance(one, nodes.Const)}
    known = set(fixed) == set(given) <= set(NAMES) and all(isinstance(one, str) for one in fixed.values())
    if not known or "task_ids" not in fixed:
        return None
    return Pull(str(fixed["task_ids"]), str(fixed.get("key", RESULT)), fixed.get("dag_id"))
