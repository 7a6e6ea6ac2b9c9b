"""Runs a function in another interpreter, as Airflow's virtualenv and external Python tasks do."""

from __future__ import annotations

import inspect
import json
import pickle
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CALL = """
import json, pickle, sys
args, kwargs = pickle.loads(open(sys.argv[1], "rb").read())
result = {name}(*args, **kwargs)
open(sys.argv[2], "w").write(json.dumps(result))
"""


def run_elsewhere(
    function: Callable[..., Any],
    *args: Any,
    python: str | None = None,
    requirements: Sequence[str] = (),
    system_site_packages: bool = True,
    **kwargs: Any,
) -> Any:
    """Run the function's source by another interpreter; arguments travel as a pickle, the result as JSON.

    With `python`, by that interpreter; else in a virtual environment that is made for the run and has the
    requirements. Raises subprocess.CalledProcessError if the function fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given, result, script = folder / "given", folder / "result", folder / "script.py"
        given.write_bytes(pickle.dumps((args, kwargs), protocol=4))
        source = textwrap.dedent(inspect.getsource(function))
        script.write_text(source + CALL.format(name=function.__name__), encoding="utf-8")
        chosen = python or _environment(folder / "venv", requirements, system_site_packages)
        subprocess.run([chosen, str(script), str(given), str(result)], check=True)
        return json.loads(result.read_text(encoding="utf-8"))


def _environment(folder: Path, requirements: Sequence[str], system_site_packages: bool) -> str:
    options = ["--system-site-packages"] if system_site_packages else []
    subprocess.run([sys.executable, "-m", "venv", *options, str(folder)], check=True)
    python = str(folder / "bin" / "python")
    if requirements:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    return python
