"""The context that a function hands on: what all the functions take out of it that it goes to."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from migration.author.functions import CONTEXT, NOT_GIVEN, Signature, signature_of
from migration.author.source import Source


def keys_of(
    source: Source, name: str, signature: Signature, seen: Collection[str] = ()
) -> frozenset[str] | None:
    """Give what a function takes out of its **kwargs, and what those take that it hands all of it to.

    None where that is not known.
    """
    statement = source.defining(name)
    if signature.keys is None or statement is None:
        return None
    found = signature.keys
    for called, places, named in signature.handed:
        other = source.defining(called) if called in {*statement.needs, *statement.binds} else None
        if other is None or not isinstance(other.node, cst.FunctionDef) or other.node.decorators:
            return None
        taken = signature_of(other.code)
        if taken is None or not taken.rest or taken.lacking or "get_current_context" in taken.used:
            return None
        needed = {*taken.required, *taken.used} & set(taken.names[places:]) - named
        inner = frozenset[str]() if called in seen else keys_of(source, called, taken, {*seen, name, called})
        if inner is None:
            return None
        found |= (needed & (CONTEXT | NOT_GIVEN)) | (inner - named)
    return found
