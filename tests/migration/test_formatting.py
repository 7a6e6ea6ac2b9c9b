"""Flow files are formatted, but the author's own lines do not become more by it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from migration.convert import convert_file
from migration.graph import Recording

FILE = """
    import json
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator
    with DAG("d", schedule=None):
        COLUMNS = ['name', 'height', 'planted_by', 'planted_at',
                   'longitude', 'latitude', 'species', 'photographed', 'checked_by']
        def packed(cursor):
            cursor.execute("INSERT", (
                COLUMNS, 'a text that is long enough for a line of its own', 'and one more of these',
                1, 2, 3) );
            x = 'left';   
            return x
        def spread():
            return [
                'a', 'b'
            ]
        PythonOperator(task_id="p", python_callable=packed, op_args=[1], retries=2,
                       doc_md="a text that is too long to stand in one line with all the other options")
        PythonOperator(task_id="s", python_callable=spread)
"""  # noqa: W291 - the space at the end is what is looked at


def test_only_what_does_not_grow_is_formatted(recorded: Callable[[str], Recording], tmp_path: Path) -> None:
    ruff = str(Path(sys.executable).with_name("ruff"))
    result = convert_file(recorded(FILE), [tmp_path / "dags"], ruff)
    lines = result.text.splitlines()
    place = lines.index("def packed(cursor):")
    assert lines[place + 1 : place + 6] == [
        """    cursor.execute("INSERT", (""",
        """        COLUMNS, 'a text that is long enough for a line of its own', 'and one more of these',""",
        """        1, 2, 3) )""",
        """    x = 'left'""",
        """    return x""",
    ]
    assert lines[place - 6] == "@task(" and lines[place - 5] == '    name="p",' and lines[place - 1] == ")"
    assert """COLUMNS = ['name', 'height', 'planted_by', 'planted_at',""" in lines
    assert '    return ["a", "b"]' in lines and "import json" not in lines
    at = {item.name: item.flow_line for item in result.dags[0].items if item.kind == "task"}
    assert [lines[at[name] - 1].strip() for name in ("p", "s")] == [
        "p = packed.submit(1)",
        "s = spread.submit()",
    ]
