"""The author's functions: their signatures, and what of Airflow's context they use."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

CONTEXT = frozenset(
    {
        "ti", "task_instance", "dag_run", "run_id", "dag", "task", "params", "conf", "test_mode",
        "logical_date",
        "execution_date", "data_interval_start", "data_interval_end", "ds", "ds_nodash", "ts", "ts_nodash",
        "ts_nodash_with_tz", "next_ds", "next_ds_nodash", "next_execution_date", "prev_execution_date",
        "prev_ds",
        "yesterday_ds", "tomorrow_ds", "task_instance_key_str", "macros", "var", "conn",
        "templates_dict", "inlet_events", "outlet_events", "task_state_store", "asset_state_store",
        "partition_key",
    }
)  # fmt: skip
"""The names of Airflow's context that `replant_context` gives."""
NOT_GIVEN = frozenset(
    {
        "triggering_asset_events", "triggering_dataset_events", "inlets", "outlets",
        "prev_data_interval_start_success", "prev_data_interval_end_success", "prev_start_date_success",
        "prev_end_date_success", "expanded_ti_count", "map_index_template", "session", "task_state",
        "asset_state", "partition_date",
    }
)  # fmt: skip
TI_GIVES = frozenset(
    {"xcom_pull", "xcom_push", "task_id", "dag_id", "run_id", "map_index", "try_number", "log_url"}
)
TI_NAMES = ("ti", "task_instance")
GIVES: Mapping[str, frozenset[str]] = {
    "ti": TI_GIVES,
    "task_instance": TI_GIVES,
    "dag": frozenset({"dag_id", "params", "following_schedule", "previous_schedule"}),
    "task": frozenset({"task_id", "dag_id", "dag"}),
    "dag_run": frozenset(
        {
            "conf", "run_id", "dag_id", "run_type", "logical_date", "execution_date", "partition_key",
            "start_date", "run_after", "triggering_user_name", "external_trigger", "data_interval_start",
            "data_interval_end",
        }
    ),
}  # fmt: skip
"""What the objects in `replant_context`'s context offer."""


@dataclass(frozen=True)
class Signature:
    """A function's parameters and what it does with Airflow's context."""

    names: tuple[str, ...]
    required: tuple[str, ...]
    rest: str
    """The name of **kwargs, or nothing."""
    variadic: bool
    """It has *args."""
    used: frozenset[str]
    """The names that the body reads."""
    lacking: str
    """Something of the context that is used and that the runtime does not give, or nothing."""
    text: str
    keys: frozenset[str] | None = None
    """What the body takes out of **kwargs by name; None if it does more but hand all of it on."""
    handed: tuple[tuple[str, int, frozenset[str]], ...] = ()
    """Functions that **kwargs is handed to: the name, how many arguments come before, and those by name."""
    driven: bool = False
    """It is a generator or a coroutine, which something has to run to its end."""

    def context_parameters(self, given: Collection[str]) -> list[str]:
        """Give the parameters that Airflow would fill from its context."""
        return [name for name in self.names if name in CONTEXT | NOT_GIVEN and name not in given]


def signature_of(code: str) -> Signature | None:
    """Read a function's or lambda's text; None if it is neither."""
    try:
        tree = ast.parse(textwrap.dedent(code)).body[0]
    except (SyntaxError, IndexError):
        return None
    node = tree.value if isinstance(tree, ast.Expr) else tree
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return None
    arguments = node.args
    positional = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    required = positional[: len(positional) - len(arguments.defaults)]
    required += [a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
    body = node.body if isinstance(node.body, list) else [node.body]
    set_anew = {
        one
        for part in body
        for one in ast.walk(part)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    set_anew -= {one.target for part in body for one in ast.walk(part) if isinstance(one, ast.AugAssign)}
    names = (one for part in body for one in ast.walk(part) if isinstance(one, ast.Name))
    used = {one.id for one in names if one not in set_anew}
    rest = arguments.kwarg.arg if arguments.kwarg else ""
    return Signature(
        tuple(positional + [one.arg for one in arguments.kwonlyargs]),
        tuple(required),
        rest,
        arguments.vararg is not None,
        frozenset(used),
        _lacking(node),
        code,
        _keys(node, rest) if rest else frozenset(),
        tuple(_handed(node, rest)) if rest else (),
        isinstance(node, ast.AsyncFunctionDef) or _yields(node),
    )


def _keys(node: ast.AST, rest: str) -> frozenset[str] | None:
    """Give the names that are looked up in the dictionary; None if it is used in another way."""
    found = [
        str(one.slice.value)
        for one in ast.walk(node)
        if isinstance(one, ast.Subscript)
        and isinstance(one.value, ast.Name)
        and one.value.id == rest
        and isinstance(one.slice, ast.Constant)
        and isinstance(one.ctx, ast.Load)
    ]
    times = sum(isinstance(one, ast.Name) and one.id == rest for one in ast.walk(node))
    return frozenset(found) if times == len(found) + len(list(_handed(node, rest))) else None


def _handed(node: ast.AST, rest: str) -> Iterator[tuple[str, int, frozenset[str]]]:
    """Find the calls of functions by name that are given all of the dictionary."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name):
            stars = [word.value for word in one.keywords if word.arg is None]
            plain = not any(isinstance(arg, ast.Starred) for arg in one.args)
            if plain and len(stars) == 1 and isinstance(stars[0], ast.Name) and stars[0].id == rest:
                yield one.func.id, len(one.args), frozenset(word.arg for word in one.keywords if word.arg)


def _yields(node: ast.AST) -> bool:
    """Say whether the function itself, not one inside it, yields."""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return any(
        isinstance(one, ast.Yield | ast.YieldFrom) or (not isinstance(one, inner) and _yields(one))
        for one in ast.iter_child_nodes(node)
    )


def _lacking(node: ast.AST) -> str:
    own = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for one in ast.walk(node):
        if _looked_up(one) in NOT_GIVEN:
            return str(_looked_up(one))
        if isinstance(one, ast.Name) and one.id in NOT_GIVEN - own:
            return one.id
        if isinstance(one, ast.arg) and one.arg in NOT_GIVEN - {"session", "inlets", "outlets"}:
            return one.arg
    return _not_offered(node)


def _looked_up(node: ast.AST) -> object:
    """Give the fixed key that something is asked for, by brackets or by a method such as `get`."""
    key: ast.AST | None = None
    if isinstance(node, ast.Subscript):
        key = node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        key = node.args[0]
    return key.value if isinstance(key, ast.Constant) else None


def _not_offered(node: ast.AST) -> str:
    """Give something that is asked of an object of the context and that this does not offer, or nothing."""
    called = {name: name for name in TI_NAMES}
    contexts = {"context", "kwargs"}
    arguments = getattr(node, "args", None)
    if isinstance(arguments, ast.arguments):
        given = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        called |= {name: name for name in given & {"dag", "dag_run"}}
        contexts |= {arguments.kwarg.arg} if arguments.kwarg else set()
    for one in ast.walk(node):
        if isinstance(one, ast.Assign) and (key := _from_context(one.value, contexts)):
            called |= {target.id: key for target in one.targets if isinstance(target, ast.Name)}
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            named = one.value.id if isinstance(one.value, ast.Name) else ""
            known = called.get(named) or _from_context(one.value, contexts)
            if known and one.attr not in GIVES[known]:
                return f"{known}.{one.attr}"
    return ""


def _from_context(node: ast.AST, contexts: Collection[str]) -> str:
    """Give which object of the context is looked up, or nothing."""
    key = _looked_up(node)
    owner = node.func if isinstance(node, ast.Call) else node
    owner = owner.value if isinstance(owner, ast.Subscript | ast.Attribute) else owner
    if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name):
        owner = owner.func
        contexts = {"get_current_context"}
    is_context = isinstance(owner, ast.Name) and owner.id in contexts
    return str(key) if key in GIVES and (is_context or key in TI_NAMES) else ""


def without_parameters(node: cst.FunctionDef, names: Collection[str]) -> cst.FunctionDef:
    """Give the function without some of its parameters."""
    old = node.params
    kept = [param for param in old.params if param.name.value not in names]
    if kept:
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    keyword_only = [param for param in old.kwonly_params if param.name.value not in names]
    rest = old.star_kwarg
    if isinstance(rest, cst.Param) and rest.name.value in names:
        rest = None
    star = old.star_arg
    if isinstance(star, cst.ParamStar) and not keyword_only:
        star = cst.MaybeSentinel.DEFAULT
    return node.with_changes(
        params=old.with_changes(params=kept, kwonly_params=keyword_only, star_kwarg=rest, star_arg=star)
    )
