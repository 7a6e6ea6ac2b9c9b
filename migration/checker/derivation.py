"""Runs a written flow's body with recording tasks, inside its own locked-in process.

The module is imported with real Prefect and without Airflow; its tasks are real Prefect tasks whose calls,
`submit`s and `map`s are noted instead of run. The runtime is replaced by one that only notes, so that nothing
of how the converter or its runtime think is believed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from datetime import datetime
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, NoReturn

import prefect
import prefect.blocks.system
import prefect.deployments
import prefect.events
import prefect.runtime
import prefect.runtime.flow_run
import prefect.states
import prefect.task_runners
import prefect.tasks
import prefect.variables

from migration.checker import acting, conf, dates, notes
from migration.recorder.recording import lock_in
from migration.standin import clock, environment, ledger, modules

USED = (prefect.flow, prefect.task, prefect.unmapped, prefect.allow_failure, prefect.get_run_logger)
"""Loaded by name only when asked for, so ask before the processes are forked."""


RUNTIME_MODULES = tuple(
    f"replant_{name}" for name in ("runtime", "elsewhere", "past", "mail", "partitions", "settings")
)


def at(moment: datetime) -> None:
    """Let `prefect.runtime` show a moment as the run's time."""
    names = prefect.runtime.flow_run.__dict__
    names["scheduled_start_time"], names["get_scheduled_start_time"] = moment, lambda: moment


def record_and_leave(request: dict[str, Any], checkout: str, answer: int) -> NoReturn:
    """Derive what the flow does, write the answer to the descriptor and end the process."""
    try:
        found = _derived(request, checkout)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is this file's result
        where = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)][
            -2:
        ]
        found = {"reason": f"{type(error).__name__}: {error} ({', '.join(where)})"[:500]}
    with os.fdopen(answer, "wb") as stream:
        stream.write(json.dumps(found).encode())
    os._exit(0)


class _NoAirflow(MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Refuse Airflow."""
        if name == "airflow" or name.startswith("airflow."):
            raise ImportError("the written flow imports airflow")


def _derived(request: dict[str, Any], checkout: str) -> dict[str, Any]:
    scratch = Path(request["scratch"])
    for name, text in request["texts"].items():
        target = scratch / "flows" / name
        if target.resolve().is_relative_to(scratch / "flows"):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    roots = [str((scratch / "flows" / root).resolve()) for root in request["roots"]]
    libraries = [
        path for path in sys.path if path not in (checkout, str(Path(__file__).parent.parent / "recorder"))
    ]
    book = ledger.Ledger(tuple(f"{root}/" for root in roots))
    ledger.opened(book)
    sys.path[:] = [*roots, *libraries]
    for name in [name for name in sys.modules if name.split(".")[0] in ("migration", "engines", "pipelines")]:
        del sys.modules[name]
    lock_in(request, libraries)
    sys.meta_path.insert(0, _NoAirflow())
    sys.meta_path.append(modules.StubFinder())
    environment.install()
    clock.install(is_later=True)  # what was frozen when the file was recorded shows
    log = notes.Log()
    for name in RUNTIME_MODULES:
        sys.modules[name] = notes.runtime(log)
    notes.watch(prefect.Task, log)
    prefect.variables.Variable.get = _setting  # type: ignore[method-assign,assignment]
    prefect.blocks.system.Secret.load = _setting  # type: ignore[method-assign]
    module = _loaded(scratch / "flows" / request["name"])
    return {
        "flows": {
            name: _flow(getattr(module, name), log, request["dates"].get(name)) for name in request["flows"]
        }
    }


def _setting(name: str, *_: Any, **__: Any) -> str:
    """Stand for Prefect's Variables and Secrets, which are not asked for."""
    return f"variable {name}"


def _loaded(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(
        f"checked_{file.stem.replace('-', '_').replace('.', '_')}", file
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _flow(flow: Any, log: notes.Log, given: dict[str, Any] | None) -> dict[str, Any]:
    given = given or {
        "runs": [[dates.MOMENT.isoformat()] * 3],
        "after": [None],
        "params": {},
        "templates": [],
        "scripts": [],
    }
    params = {k: v["$paramdef"] if _is_typed(v) else v for k, v in given["params"].items()}
    log.start, log.told = dates.MOMENT, conf.TOLD
    bounds = []
    for moment, runs in given.get("bounds", []):
        at(datetime.fromisoformat(moment))
        bounds.append((moment, runs, len(_called(flow, log, given["scripts"][:1])[0])))
    tried = [
        _tried(flow, log, run, after, params, given)
        for run, after in zip(given["runs"], given["after"], strict=True)
    ]
    untold, again = _untold(flow, log, params, given, tried[0])
    return {
        "bounds": bounds,
        "name": flow.name,
        "parameters": list(flow.parameters.properties),
        "timeout_seconds": flow.timeout_seconds,
        "hooks": {
            kind: len(getattr(flow, f"{kind}_hooks") or []) for kind in ("on_failure", "on_completion")
        },
        **tried[0],
        "again": [*tried[1:], *again],
        "untold": untold,
        "tries": _played(flow, log, given["scripts"]),
    }


def _untold(
    flow: Any, log: notes.Log, params: dict[str, Any], given: dict[str, Any], told: dict[str, Any]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Try a flow that uses conf itself with just the keys that it needs; do the templates need the same?"""
    is_plain = not any(call["how"] in ("runtime", "expand") for call in told["calls"])
    if "conf" not in flow.parameters.properties or not is_plain:
        return None, []
    needed: dict[str, Any] = {}
    while True:
        log.told = needed
        try:
            again = _tried(flow, log, given["runs"][0], given["after"][0], params, given)
            break
        except KeyError as error:
            key = error.args[0]
            if key in needed:
                raise  # it is not the conf's
            needed[key] = conf.TOLD[key]
        finally:
            log.told = conf.TOLD
    _, start, end = (datetime.fromisoformat(one) for one in given["runs"][0])

    def lacks(*without: str) -> bool:
        left = {name: value for name, value in needed.items() if name not in without}
        return bool(told["filled"].keys() - _filled(given, dates.context_of(start, end, params, left)).keys())

    needless = [key for key in needed if not lacks(key)]
    return {"lacks": lacks(), "needless": needless}, [again]


def _filled(given: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Fill the recorded templates, those with parameters of their tasks' own, too."""
    with_own = {**context, "params": {**given.get("own", {}), **context["params"]}}
    return dates.filled(given["templates"], with_own, given.get("pushed", {}))


def _tried(
    flow: Any,
    log: notes.Log,
    run: list[str],
    after: str | None,
    params: dict[str, Any],
    given: dict[str, Any],
) -> dict[str, Any]:
    """Run the flow's body as if at a moment."""
    moment, start, end = (datetime.fromisoformat(one) for one in run)
    context = dates.context_of(start, end, params, log.told)
    context[dates.NEXT] = datetime.fromisoformat(after) if after else None
    log.start, log.begun = start, None
    at(moment)
    calls, returned = _called(flow, log, given["scripts"])
    return {
        "waited": list(log.waited),
        "begun": notes.plain(log.begun),
        "told": notes.plain(log.told),
        "calls": calls,
        "returned": returned,
        "context": {name: notes.plain(value) for name, value in context.items()},
        "filled": _filled(given, context),
    }


def _called(
    flow: Any, log: notes.Log, scripts: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Give each task's call and what the flow returns: in one run, or in any of several where it branches."""
    found: dict[str, dict[str, Any]] = {}
    twice: list[dict[str, Any]] = []
    returned: dict[str, None] = {}
    log.waited.clear()
    well = [one for one in scripts if not any("fails" in end and "all" not in end for end in one.values())]
    for script in well or [{}]:
        log.calls.clear()
        log.stage = acting.Stage(script)
        returned |= dict.fromkeys(acting.played(flow, log.stage, notes.names_in, log.told)["returned"])
        names: set[str] = set()
        for call in (one.as_json() for one in log.calls):
            twice += [call] if call["name"] in names else []
            names.add(call["name"])
            known = found.setdefault(call["name"], call)
            for kind in ("after", "data"):
                known[kind] = list(dict.fromkeys([*known[kind], *call[kind]]))
        if any(call.how in ("runtime", "expand") for call in log.calls):
            break  # its rules are the runtime's; they do not show in the calls
    return [*found.values(), *twice], list(returned)


def _played(flow: Any, log: notes.Log, scripts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Try the flow with each set of outcomes, unless the runtime decides."""
    found: list[dict[str, Any]] = []
    for script in scripts:
        log.calls.clear()
        log.stage = acting.Stage(script)
        found.append(acting.played(flow, log.stage, notes.names_in, log.told))
        if any(call.how in ("runtime", "expand") for call in log.calls):
            break
    return found


def _is_typed(value: Any) -> bool:
    return isinstance(value, dict) and "$paramdef" in value
