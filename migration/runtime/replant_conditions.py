"""What stands around a task's own work: conditions that skip it, callbacks, what a branch may name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from prefect.logging.loggers import get_run_logger
from replant_book import book_of  # type: ignore[import-not-found]
from replant_context import tell  # type: ignore[import-not-found]
from replant_settings import AirflowSkipException  # type: ignore[import-not-found]

Context = dict[str, Any]


def run_if(condition: Callable[[Context], Any], skip_message: str | None = None) -> Callable[[Context], None]:
    """Skip the task unless the condition holds; it may give a pair with a message of its own."""
    return _condition(condition, skip_message, wanted=True)


def skip_if(
    condition: Callable[[Context], Any], skip_message: str | None = None
) -> Callable[[Context], None]:
    """Skip the task if the condition holds."""
    return _condition(condition, skip_message, wanted=False)


def _condition(function: Callable[[Context], Any], message: str | None, wanted: bool) -> Callable[..., None]:
    def ask(context: Context) -> None:
        found = function(context)
        said = None
        if isinstance(found, tuple):
            found, said = found
        if bool(found) is not wanted:
            raise AirflowSkipException(said or message or "Task was skipped due to condition.")

    return ask


def calls(callback: Callable[[Context], Any]) -> Callable[[Context], None]:
    """Call an `on_execute_callback`; as in Airflow its error is logged and does not stop the task."""

    def call(context: Context) -> None:
        try:
            callback(context)
        except Exception:  # noqa: BLE001 - as in Airflow
            get_run_logger().exception("A callback before a task has failed.")

    return call


def skip_hook(callback: Callable[[Context], Any]) -> Any:
    """Make a Prefect state hook of an `on_skipped_callback`, for a task that has skipped itself."""

    def hook(owner: Any, run: Any, state: Any) -> None:
        book = book_of(run.flow_run_id)
        if state.name == "Skipped" and str(run.id) in book.by_run:
            tell(callback, owner, run, state)

    hook.__name__ = getattr(callback, "__name__", "callback")
    return hook


def chooses(*ids: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a branch fail that names anything but these tasks and groups, as Airflow does.

    Raises ValueError.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def choose(*args: Any, **kwargs: Any) -> Any:
            chosen = function(*args, **kwargs)
            if chosen is not None and not isinstance(chosen, str):
                chosen = list(chosen) if isinstance(chosen, Iterable) else [chosen]
            named = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
            if wrong := [one for one in named if one not in ids]:
                raise ValueError(f"a branch to {wrong}, which it cannot go to")
            return chosen

        return choose

    return decorate
