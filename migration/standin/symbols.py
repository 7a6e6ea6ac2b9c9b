"""Values that are not known while recording: Variables, Connections, missing modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from migration.standin.ledger import current, here

OPEN, CLOSE = "\u27e6", "\u27e7"
"""Brackets around a symbol's text inside a plain string, so that it can be found again."""


class Symbol:
    """A value known only by the expression that gives it."""

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_symbol_text", text)
        object.__setattr__(self, "_symbol_spot", here())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Symbol(f"{self._symbol_text}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and callable(args[0]) and hasattr(args[0], "__code__"):
            return args[0]  # most likely a decorator
        shown = [_shown(arg) for arg in args] + [f"{k}={_shown(v)}" for k, v in kwargs.items()]
        return Symbol(f"{self._symbol_text}({', '.join(shown)})")

    def __getitem__(self, key: Any) -> Any:
        return Symbol(f"{self._symbol_text}[{_shown(key)}]")

    def __setitem__(self, key: Any, value: Any) -> None:
        current().doubt(f"an item of {self._symbol_text} is set")

    def __iter__(self) -> Iterator[Any]:
        current().doubt(f"a loop over {self._symbol_text}, whose length is not known")
        return iter((Symbol(f"next({self._symbol_text})"),))

    def __len__(self) -> int:
        current().doubt(f"the length of {self._symbol_text} is not known")
        return 1

    def __bool__(self) -> bool:
        if self._symbol_text.replace(".", "").replace("_", "").isalnum():
            return True  # a module, a class or a function
        current().doubt(f"a decision on {self._symbol_text}, whose value is not known")
        return True

    def __contains__(self, item: Any) -> bool:
        current().doubt(f"a membership test in {self._symbol_text}")
        return True

    def __int__(self) -> int:
        current().doubt(f"{self._symbol_text} as a whole number")
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        current().doubt(f"{self._symbol_text} as a number")
        return 1.0

    def __str__(self) -> str:
        return f"{OPEN}{self._symbol_text}{CLOSE}"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return str(self)

    def __fspath__(self) -> str:
        return str(self)

    def __hash__(self) -> int:
        return id(self)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (Unknown,)


class Unknown:
    """Stands in as the base class when a file derives from something that is not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.given = (args, kwargs)


def _shown(value: Any) -> str:
    return value._symbol_text if isinstance(value, Symbol) else repr(value)


def _binary(sign: str) -> Callable[[Any, Any], Any]:
    def combine(self: Any, other: Any) -> Any:
        return Symbol(f"({_shown(self)} {sign} {_shown(other)})")

    return combine


def _reflected(sign: str) -> Callable[[Any, Any], Any]:
    def combine(self: Any, other: Any) -> Any:
        return Symbol(f"({_shown(other)} {sign} {_shown(self)})")

    return combine


_ARITHMETIC = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "and": "&", "or": "|", "xor": "^", "matmul": "@", "rshift": ">>", "lshift": "<<",
}  # fmt: skip
for _name, _sign in _ARITHMETIC.items():
    setattr(Symbol, f"__{_name}__", _binary(_sign))
    setattr(Symbol, f"__r{_name}__", _reflected(_sign))
for _name, _sign in {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    setattr(Symbol, f"__{_name}__", _binary(_sign))
