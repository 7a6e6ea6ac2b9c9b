"""The clock and chance, as a file that is read sees them: who asks is noted, and both can be changed.

What a file computes of them while it is read shows when it is read again with another clock and other chance.
"""

from __future__ import annotations

import ctypes
import datetime
import functools
import gc
import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from migration.standin.ledger import current

LATER = datetime.timedelta(days=401, hours=7, minutes=13, seconds=17)
"""After this time a date has another year, month, day, weekday, hour, minute and second."""
_ORIGINALS: dict[Callable[..., Any], Callable[..., Any]] = {}
_STATE: dict[str, Any] = {"asked": False}


def install(is_later: bool) -> None:
    """Put the noting functions in place; `is_later`: the clock is `LATER`, and chance another one."""
    shift = LATER if is_later else datetime.timedelta()
    if is_later:
        random.seed(int(LATER.total_seconds()))
    _STATE["chance"] = random.getstate()
    _methods(shift)
    _functions(shift.total_seconds())


def asked() -> bool:
    """Say whether the file has asked for the time or for chance."""
    return bool(_STATE["asked"]) or random.getstate() != _STATE["chance"]


def original(value: Any) -> Any:
    """Give Python's own function for one of the noting ones."""
    try:
        return _ORIGINALS.get(value, value)
    except TypeError:  # not hashable
        return value


def _note() -> None:
    """Note a question of the author's; a line of the log has a time of its own."""
    frame = sys._getframe(2)
    if "/logging/" in frame.f_code.co_filename:
        return
    roots = current().roots
    while frame is not None and not _STATE["asked"]:
        _STATE["asked"] = frame.f_code.co_filename.startswith(roots)
        frame = frame.f_back  # type: ignore[assignment]


def _methods(shift: datetime.timedelta) -> None:
    """Change `datetime.now` and `utcnow`, in the type itself, so that classes that build on it change."""
    names: dict[str, Any] = gc.get_referents(vars(datetime.datetime))[0]
    for name in ("now", "utcnow"):
        names[name] = classmethod(_moved(names[name], shift))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))


def _moved(method: Any, shift: datetime.timedelta) -> Any:
    @functools.wraps(method)
    def moved(cls: Any, *args: Any, **kwargs: Any) -> Any:
        _note()
        return method.__get__(None, cls)(*args, **kwargs) + shift

    return moved


def _functions(shift: float) -> None:
    """Change what modules give by name. `date.today` asks `time.time`."""
    now, local = time.time, time.localtime
    _put(time, "time", lambda: now() + shift)
    _put(time, "time_ns", lambda real=time.time_ns: real() + int(shift) * 10**9)
    for name in ("localtime", "gmtime", "ctime"):
        _put(time, name, _of_seconds(getattr(time, name), now, shift))
    for name in ("strftime", "asctime"):
        _put(time, name, _of_parts(getattr(time, name), int(name == "strftime"), local, now, shift))
    _put(os, "urandom", os.urandom)
    _put(uuid, "uuid1", uuid.uuid1)
    random.__dict__["_urandom"] = os.urandom


def _of_seconds(real: Any, now: Callable[[], float], shift: float) -> Any:
    return lambda seconds=None: real(now() + shift if seconds is None else seconds)


def _of_parts(real: Any, before: int, local: Any, now: Callable[[], float], shift: float) -> Any:
    return lambda *args: real(*args) if len(args) > before else real(*args, local(now() + shift))


def _put(module: Any, name: str, changed: Any) -> None:
    real = getattr(module, name)

    @functools.wraps(real)
    def noting(*args: Any, **kwargs: Any) -> Any:
        _note()
        return changed(*args, **kwargs)

    _ORIGINALS[noting] = real
    setattr(module, name, noting)
