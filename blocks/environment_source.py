"""Settings out of `AIRFLOW_VAR_*` and `AIRFLOW_CONN_*`: this process's environment, or a dotenv file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from airflow_client.records import Variable
from blocks.export_files import connection_found, read_text
from blocks.settings import Found
from pipelines.errors import CannotProceedError

VARIABLE = "AIRFLOW_VAR_"
CONNECTION = "AIRFLOW_CONN_"


def read_environment(values: Mapping[str, str], source: str) -> tuple[Found, ...]:
    """Read the settings that an environment holds.

    Their names are in lower case, since Airflow writes every name in capitals to ask for it.
    """
    return tuple(_found(values, source))


def _found(values: Mapping[str, str], source: str) -> Iterator[Found]:
    for name, value in sorted(values.items()):
        if name.startswith(VARIABLE) and name != VARIABLE:
            yield Found(Variable(name[len(VARIABLE) :].lower(), value), source, shadows=True)
        elif name.startswith(CONNECTION) and name != CONNECTION:
            found = connection_found(name[len(CONNECTION) :].lower(), value, source)
            yield Found(found.setting, source, found.notes, found.conflict, shadows=True)


def read_dotenv(path: Path) -> tuple[Found, ...]:
    """Read a dotenv file, quotes and `export` as a shell has them; nothing is expanded.

    Raises CannotProceedError, naming the line.
    """
    from io import StringIO

    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    for binding in parse_stream(StringIO(read_text(path))):
        if binding.error or (binding.key is not None and binding.value is None):
            raise CannotProceedError(f"{path}, line {binding.original.line}: NAME=VALUE is meant.")
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return read_environment(values, f"dotenv:{path}")
