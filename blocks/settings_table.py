"""The table of docs/settings.md: each setting of Airflow's that a pipeline uses, beside what mirrors it.

python -m blocks.settings_table            prints it
python -m blocks.settings_table --write    writes it into the guide
"""

from __future__ import annotations

import sys
from pathlib import Path

from airflow_client.records import Connection
from blocks.environments import SLACK_BLOCK, SLACK_VARIABLE, load_environment
from blocks.settings import Found
from blocks.targets import GENERIC
from blocks.wanted import TYPES, wanted
from pipelines.catalog import find, names

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"


def pipeline_table() -> str:
    """Give the table of the pipelines' settings."""
    lines = ["| pipeline | Airflow | Prefect | block |", "|---|---|---|---|"]
    for name in names():
        pipeline = find(name)
        connection = Connection(pipeline.airflow_connection, "postgres")
        (item,) = wanted([Found(connection, "")], load_environment(None).rules)
        lines.append(_line(name, item.reference, item.target, _class_of(item.slug)))
        slack = SLACK_BLOCK.partition("/")[0]
        lines.append(_line(name, SLACK_VARIABLE, SLACK_BLOCK, _class_of(slack)))
    return "\n".join(lines)


def type_table() -> str:
    """Give the table of the connection types."""
    lines = ["| connection type | Prefect block | package |", "|---|---|---|"]
    for conn_type, kinds in sorted(TYPES.items()):
        classes = ", else ".join(f"`{_class_of(kind.slug)}`" for kind in kinds)
        lines.append(f"| {conn_type} | {classes} | {kinds[0].package} |")
    lines.append(
        f"| ssh, sftp, ftp, mongo, kafka, generic, any other | `{_class_of(GENERIC.slug)}` | replant |"
    )
    return "\n".join(lines)


def _class_of(slug: str) -> str:
    kinds = [GENERIC, *(kind for each in TYPES.values() for kind in each)]
    return next(kind.block_class.replace(":", ".") for kind in kinds if kind.slug == slug)


def _line(*cells: str) -> str:
    return f"| {' | '.join(f'`{cell}`' for cell in cells)} |"


def with_tables(page: str) -> str:
    """Give the guide with both tables as they are now."""
    for name, table in (("pipelines", pipeline_table()), ("types", type_table())):
        before, begin, rest = page.partition(BEGIN.format(name))
        after = rest.partition(END.format(name))[2]
        page = f"{before}{begin}\n{table}\n{END.format(name)}{after}"
    return page


if __name__ == "__main__":
    if "--write" in sys.argv:
        GUIDE.write_text(with_tables(GUIDE.read_text()))
    else:
        print(pipeline_table(), type_table(), sep="\n\n")
