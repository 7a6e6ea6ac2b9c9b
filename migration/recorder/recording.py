"""One file's recording, inside its own locked-in process."""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from migration.recorder import landlock, seccomp
from migration.standin import clock, environment, extract, ledger, modules

SYSTEM = (
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime",
    "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random",
)  # fmt: skip
LONGEST_REASON = 600


def record_and_leave(request: dict[str, Any], checkout: str, answer: int) -> NoReturn:
    """Record the file, write the answer to the descriptor and end the process."""
    try:
        found = _recorded(request, checkout)
        content = json.dumps(found).encode()
        if clock.asked() or request["scratch"].encode() in content:
            content = json.dumps({**found, "moves": True}).encode()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is this file's result
        content = json.dumps({"reason": _text(error)}).encode()
    with os.fdopen(answer, "wb") as stream:
        stream.write(content)
    os._exit(0)  # whatever threads and exit handlers the file has left


def _recorded(request: dict[str, Any], checkout: str) -> dict[str, Any]:
    roots = tuple(f"{root.rstrip('/')}/" for root in request["roots"])
    book = ledger.Ledger(roots, request.get("variables"), request.get("connections"))
    ledger.opened(book)
    libraries = [path for path in sys.path if path not in (checkout, str(Path(__file__).parent))]
    sys.path[:] = [*request["roots"], *libraries]
    for name in [name for name in sys.modules if name.split(".")[0] in ("migration", "engines", "pipelines")]:
        del sys.modules[name]  # the author's folder may have modules of these names
    lock_in(request, libraries)
    environment.install()
    modules.install()
    clock.install(bool(request.get("later")))
    return _executed(request["file"], book)


def _executed(file: str, book: ledger.Ledger) -> dict[str, Any]:
    """Execute the file as a module; give the graph, or the reason why there is none."""
    name = f"unusual_prefix_{Path(file).stem.replace('-', '_').replace('.', '_')}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        return {"reason": "not a Python module"}
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        return extract.document(book, dict(vars(module)))
    except SystemExit as error:
        return {"reason": f"the file ends the process (SystemExit {str(error.code)[:80]})"}
    except BaseException as error:  # noqa: BLE001 - the same
        return {"reason": _reason(error, book.roots), "missing_modules": sorted(book.missing)}


def _reason(error: BaseException, roots: tuple[str, ...]) -> str:
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(roots):
            line = frame.lineno
    text = _text(error)
    if isinstance(error, SyntaxError):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        text += f"; read by Python {version}: for another version's syntax, run replant by that version"
    return f"line {line}: {text}" if line else text


def _text(error: BaseException) -> str:
    """Give an error's text; the author's own errors may have none that can be shown."""
    try:
        shown = str(error)
    except BaseException:  # noqa: BLE001 - it is their code
        shown = "an error that cannot be shown"
    return f"{type(error).__name__}: {shown}".replace("\n", " ")[:LONGEST_REASON]


def lock_in(request: dict[str, Any], libraries: list[str]) -> None:
    """Close the doors: resource limits, then files and network, then system calls."""
    scratch = request["scratch"]
    os.chdir(scratch)
    os.environ.update(HOME=scratch, TMPDIR=scratch, AIRFLOW_HOME=scratch)
    seconds = max(1, int(request["seconds"]))
    limits = {
        resource.RLIMIT_AS: request["memory_bytes"],
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 64 * 1024 * 1024,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        # At the softer limit of CPU the kernel says why it ends the process; at the hard one it just kills.
        hard = value + 1 if limit == resource.RLIMIT_CPU else value
        resource.setrlimit(limit, (value, hard))
    if request["sandbox"]:
        readable = [*SYSTEM, sys.base_prefix, sys.prefix, *libraries, *request["roots"]]
        landlock.confine(dict.fromkeys(readable), [scratch, "/dev/null"])
        seccomp.confine()
