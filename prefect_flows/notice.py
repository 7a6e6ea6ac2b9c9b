"""Tells Slack how a flow run went; whatever Slack does, the run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from prefect import Flow, State, get_run_logger
from prefect.client.schemas.objects import FlowRun
from prefect.flows import FlowStateHook
from prefect.logging.loggers import flow_run_logger
from prefect.runtime import flow_run as running
from prefect.utilities.urls import url_for
from prefect_slack import SlackWebhook

from pipelines.catalog import Pipeline, StepResult
from pipelines.notices import Notice, send
from pipelines.secrets import mask


class StepFailedError(Exception):
    """A step raised. The text has no secret: Prefect stores it with the run."""

    def __init__(self, step: str, error: BaseException, results: Mapping[str, StepResult]) -> None:
        super().__init__(mask(f"{step}: {type(error).__name__}: {error}").strip())
        self.results = dict(results)
        """What the steps before it gave."""


@contextmanager
def keeping_results(pipeline: Pipeline, results: Mapping[str, StepResult]) -> Iterator[None]:
    """Let a failure name its step and carry the `results` of the steps before it, which the hook shows.

    Raises StepFailedError for whatever is raised inside.
    """
    try:
        yield
    except Exception as error:
        step = next(step.name for step in pipeline.steps if step.name not in results)
        raise StepFailedError(step, error, results) from error


def tell_success(
    pipeline: Pipeline, results: Mapping[str, StepResult], seconds: float, block: str
) -> StepResult:
    """Send the one message of a run that went well: `{"sent": bool, "warning": str | None}`."""
    logger = get_run_logger()
    webhook_url = _webhook_url(block)
    if webhook_url is None:
        logger.info("There is no block %s of the type SlackWebhook, so no message is sent.", block)
    notice = Notice(
        pipeline=pipeline.name,
        engine="prefect",
        state="success",
        seconds=seconds,
        counts=pipeline.counts(results),
        link=url_for("flow-run", running.get_id()),
        error=None,
    )
    sent: StepResult = send(webhook_url, notice)
    if sent["warning"]:
        logger.warning(sent["warning"])
    return sent


def failure_hook(pipeline: Pipeline) -> FlowStateHook[..., Any]:
    """Give the hook for `on_failure` and `on_crashed`: the one message of a run that did not go well."""

    def tell_failure(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
        logger = flow_run_logger(flow_run, flow)
        block = flow_run.parameters.get("slack_block") or flow.parameters.properties["slack_block"]["default"]
        webhook_url = _webhook_url(block)
        if webhook_url is None:
            logger.info("There is no block %s of the type SlackWebhook, so no message is sent.", block)
        began = flow_run.start_time or flow_run.expected_start_time or datetime.now(UTC)
        raised = state.result(raise_on_failure=False) if state.is_failed() else None
        notice = Notice(
            pipeline=pipeline.name,
            engine="prefect",
            state="failed",
            seconds=(datetime.now(UTC) - began).total_seconds(),
            counts=pipeline.counts(raised.results if isinstance(raised, StepFailedError) else {}),
            link=url_for("flow-run", flow_run.id),
            error=mask(state.message or "The run ended without a word."),
        )
        sent = send(webhook_url, notice)
        if sent["warning"]:
            logger.warning(sent["warning"])

    return tell_failure


def _webhook_url(block: str) -> str | None:
    """Give the URL in the `SlackWebhook` of this name, or None if there is no such block."""
    try:
        return str(SlackWebhook.load(block, _sync=True).url.get_secret_value())
    except ValueError:
        return None
