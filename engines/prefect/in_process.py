"""Calls a flow in a process of its own, as a user's script would.

    echo '{"flow": "module:function", "parameters": {...}}' | python -m engines.prefect.in_process

reads the request from standard input and writes one line of JSON. `requested` is the moment of the call:
imports come before it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any


def call_flow(request: dict[str, Any]) -> dict[str, Any]:
    """Call the flow; give `flow_run_id`, `requested`, `ended`, `import_seconds` and `cpu_seconds`.

    A flow that fails is no error here: its state, which the server has, says it.
    """
    clock = time.monotonic()
    module, _, name = request["flow"].partition(":")
    flow = getattr(importlib.import_module(module), name)
    import_seconds = time.monotonic() - clock
    before = _cpu_seconds()
    requested = datetime.now(UTC)
    state = flow(**request["parameters"], return_state=True)
    return {
        "flow_run_id": str(state.state_details.flow_run_id),
        "requested": requested.isoformat(),
        "ended": datetime.now(UTC).isoformat(),
        "import_seconds": import_seconds,
        "cpu_seconds": _cpu_seconds() - before,
    }


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> int:
    """Serve one request from standard input."""
    answer = call_flow(json.load(sys.stdin))
    print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
