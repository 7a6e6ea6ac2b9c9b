"""The front door: puts the rooms' commands into one `replant`."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

from pipelines.errors import CannotProceedError

ROOMS = ("pipelines", "engines", "comparison", "blocks", "migration")
"""Each has a `commands.py` with `add_commands(subparsers)`, cheap to import."""


def parser() -> argparse.ArgumentParser:
    """Give the parser of the whole command line."""
    front = argparse.ArgumentParser(
        prog="replant",
        description="Runs one pipeline on Airflow and on Prefect, proves that the rows are the same "
        "and measures what each costs.",
    )
    subparsers = front.add_subparsers(metavar="COMMAND", required=True)
    for room in ROOMS:
        importlib.import_module(f"{room}.commands").add_commands(subparsers)
    return front


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give its exit code. Bad input is one sentence on stderr and code 2."""
    options = parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        return int(options.handler(options))
    except CannotProceedError as error:
        print(f"replant: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("replant: interrupted; what it had started is stopped.", file=sys.stderr)
        return 130
    except Exception:  # noqa: BLE001
        # Exit code 1 says that something was compared and differs: a fault of ours must not say that.
        traceback.print_exc()
        print("replant: this is a fault in replant itself; what it had started is stopped.", file=sys.stderr)
        return 2
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End by SIGTERM as by Ctrl-C: everything that was started is stopped on the way out."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
