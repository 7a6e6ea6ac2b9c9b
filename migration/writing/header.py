"""How a flow's file begins: docstring, what its types leave open, imports."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from migration.author.source import Source, Statement
from migration.writing.plan import Work
from migration.writing.writer import FlowPlan

UNTYPED = {
    "reportCallIssue": "the `wait_for` of `submit` and `map`: PrefectHQ/prefect issue 17388",
    "reportArgumentType": "futures as arguments of `submit` and `map`",
}
"""What Prefect's types do not have, by pyright's rule."""


def header(
    source: Source,
    plans: list[FlowPlan],
    works: list[Work],
    kept: list[Statement],
    more: set[str],
    loosened: set[str],
) -> str:
    """Give it as text. `more`: further imports; `loosened`: pyright's rules that the file switches off."""
    imports = {"from prefect import flow", *more} | ({"from prefect import task"} if works else set())
    for made in plans:
        imports |= made.values.imports | made.site.imports
    for work in works:
        imports.update(work.imports)
    imports |= {one.code.strip() for one in kept if one.is_import}
    docstring = f'"""{source.docstring}"""\n\n' if source.docstring and '"""' not in source.docstring else ""
    rules = sorted(loosened, reverse=True)
    future = "".join(f"# Prefect's types do not have {UNTYPED[one]}\n" for one in rules)
    future += f"# pyright: {', '.join(f'{one}=false' for one in rules)}\n\n" if rules else ""
    future += "from __future__ import annotations\n\n" if source.has_annotations_import else ""
    return docstring.replace("\\", "\\\\") + future + "\n".join(_sorted(imports))


def _sorted(imports: Iterable[str]) -> list[str]:
    def group(line: str) -> tuple[int, str]:
        module = line.split()[1].split(".")[0]
        return (0 if module in sys.stdlib_module_names else 1, line)

    return sorted(imports, key=group)
