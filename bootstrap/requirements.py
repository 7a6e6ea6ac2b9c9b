"""Compiles requirements/*.in into the pinned, hashed .txt that serve every Python version."""

from __future__ import annotations

import os

from bootstrap.installers import install_uv
from bootstrap.places import REQUIREMENTS, UV
from bootstrap.runner import Runner

ORDER = ("bootstrap", "prefect", "airflow", "dev", "bench")
"""dev after prefect, whose pins constrain it."""


def compile_requirements(runner: Runner) -> None:
    """Compile all; pins that still fit stay, unless the environment variable UPGRADE is set.

    Raises SetupError.
    """
    variables = install_uv(runner, None)
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    for name in ORDER:
        runner.run(
            f"compiling requirements/{name}.in",
            [str(UV), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header",
             "--python-version", "3.11", *upgrade, f"{name}.in", "--output-file", f"{name}.txt"],
            log=f"compile-{name}",
            variables=variables,
            cwd=REQUIREMENTS,
        )  # fmt: skip
        print(f"requirements/{name}.txt")
