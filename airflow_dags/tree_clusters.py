"""Assign new trees to regions and rebuild the clusters of the map: the pipeline `tree_clusters` in Airflow.

Needs `pipelines` installed beside Airflow (`pip install` of the checkout) and Airflow 3 with the
postgres provider. Nothing is read from a database or a Variable while the file is parsed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
from airflow.sdk import Context, Param, TriggerRule, Variable, dag, get_current_context, task
from airflow.sdk.exceptions import DownstreamTasksSkipped
from airflow.sdk.log import mask_secret

from pipelines import notices
from pipelines.catalog import StepResult, settings_for
from pipelines.secrets import mask
from pipelines.tree_clusters import PIPELINE, steps

LOG = logging.getLogger("airflow.task.tree_clusters")

LIBPQ_EXTRAS = (
    *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "gssencmode"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
    *("application_name", "connect_timeout", "options", "target_session_attrs"),
)
"""What a connection's extra may hold for libpq; the rest of it is for Airflow's own hook."""

NOTICE_KEY = "notice"
"""The XCom in which a failed task leaves what became of its message."""

ERROR_KEY = "error"
"""The XCom in which a failed chunk leaves its error."""

DOC = """
### Assign trees to clusters

1. `count_new_trees`: active trees that no region has been looked up for
2. `plan_chunks` and `assign_chunk`, only if more than `chunk_trees` are new (50,000): they are assigned in
   chunks, side by side; the pool and the executor of these tasks say how many at a time
3. `assign_regions`: for each of them and each zoom level, the containing region of the highest priority
4. `refresh_view`: the materialized view that the map reads
5. `rebuild_clusters`: all active trees, joined where they stand closer than 0.005 degrees
6. `notify`: one message to Slack; a Slack that does not answer is a warning in this task's result

A run that fails sends one message of its own.

| parameter | is |
|---|---|
| `connection` | the Airflow connection of the treetracker database |
| `settings` | settings of the pipeline that are not the default, for instance `{"dry_run": true}` |
| `slack_variable` | the Airflow Variable with Slack's webhook address; without it nothing is sent |
"""


def _connect(connection_id: str) -> psycopg2.extensions.connection:
    """Open the Airflow connection with psycopg2, for which the steps are written.

    `PostgresHook.get_conn()` gives a psycopg 3 connection wherever that is installed, as it is with the
    postgres provider 7: so the hook is asked for the settings only.
    """
    from airflow.providers.postgres.hooks.postgres import PostgresHook  # slow to import: not while parsing

    known = PostgresHook.get_connection(connection_id)
    extra = {key: value for key, value in known.extra_dejson.items() if key in LIBPQ_EXTRAS}
    connection: psycopg2.extensions.connection = psycopg2.connect(
        host=known.host,
        port=known.port or 5432,
        user=known.login,
        password=known.password,
        dbname=known.schema,
        **{"keepalives_idle": 30, "application_name": "assign_tree_to_cluster", **extra},
    )
    return connection


def _settings() -> Any:
    return settings_for(PIPELINE, get_current_context()["params"]["settings"])


def _run_step(step: Any, *results: Any) -> Any:
    """Run one step of the pipeline on a connection of its own, which is closed afterwards."""
    with closing(_connect(get_current_context()["params"]["connection"])) as connection:
        result = step(connection, _settings(), *results)
    LOG.info("%s: %s", step.__name__, result)
    return result


def _send(context: Context, results: dict[str, StepResult], error: BaseException | str | None) -> StepResult:
    """Tell Slack how the run went. Never raises: what Slack does is no reason for a run to fail."""
    name = context["params"]["slack_variable"]
    webhook_url = Variable.get(name, default=None)
    if webhook_url is None:
        LOG.info("There is no Airflow Variable %s, so no message is sent to Slack.", name)
    else:
        mask_secret(webhook_url)
    run = context["dag_run"]
    started = run.start_date or run.run_after
    link = context["ti"].log_url.partition("/tasks/")[0]
    notice = notices.Notice(
        pipeline=PIPELINE.name,
        engine="airflow",
        state="success" if error is None else "failed",
        seconds=(datetime.now(UTC) - started).total_seconds(),
        counts=PIPELINE.counts(results),
        link=link if link.startswith("http") else None,
        error=None if error is None else mask(str(error)).strip(),
    )
    sent: StepResult = notices.send(webhook_url, notice)
    if sent["warning"]:
        LOG.warning("%s", sent["warning"])
    return sent


def _results(context: Context, key: str = "return_value") -> dict[str, StepResult]:
    """Give what the run's steps have left behind, by step."""
    found = {step.name: context["ti"].xcom_pull(task_ids=step.name, key=key) for step in PIPELINE.steps}
    return {name: value for name, value in found.items() if value is not None}


def note_failure(context: Context) -> None:
    """Leave a chunk's error to `tell_unsaid`: several chunks may fail, and one message is enough."""
    error = context.get("exception")
    if error is None:
        return
    if not _is_dag_test(context):
        context["ti"].xcom_push(key=ERROR_KEY, value=mask(str(error)).strip() or type(error).__name__)
    elif not context["ti"].xcom_pull(task_ids="assign_chunk", key=NOTICE_KEY):
        tell_failure(context)  # there the chunks come one after the other, and `tell_unsaid` sees no XCom


def tell_failure(context: Context) -> None:
    """Tell Slack that a task failed. Of one run only one task that tells can: the others wait for it."""
    error = context.get("exception")
    if error is None:
        return  # not in the task's process, which is gone: `tell_unsaid` follows
    sent = _send(context, _results(context), error)
    context["ti"].xcom_push(key=NOTICE_KEY, value=sent)


def tell_unsaid(context: Context) -> None:
    """Tell Slack of a failed run of which no task told: chunks failed, or a task's process was killed.

    For the latter see apache/airflow#60858.
    """
    if _is_dag_test(context):
        return
    errors = context["ti"].xcom_pull(task_ids="assign_chunk", key=ERROR_KEY)
    if errors:
        first = errors if isinstance(errors, str) else errors[0]  # what is pulled is a list if several failed
        _send(context, _results(context), f"assign_chunk: {first}")
    elif not _results(context, NOTICE_KEY):
        _send(context, _results(context), f"the process of task {context['ti'].task_id} ended without a word")


def _is_dag_test(context: Context) -> bool:
    """Tell whether `dag.test()` runs the tasks, in this very process: none can be killed alone."""
    return bool(context["dag_run"].triggering_user_name == "dag_test")


@dag(
    dag_id="assign_tree_to_cluster",
    description="Assigns new trees to the regions of the map and rebuilds the clusters",
    doc_md=DOC,
    schedule="0 */2 * * *",
    start_date=datetime(2021, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["map"],
    params={
        "connection": Param("postgres_default", type="string", description="Airflow connection"),
        "settings": Param({}, type="object", description="Settings that are not the default"),
        "slack_variable": Param("SLACK_WEBHOOK", type="string", description="Airflow Variable"),
    },
    on_failure_callback=tell_unsaid,
    # On the tasks: then it runs in the task's process and knows the error.
    default_args={"owner": "airflow", "retries": 0, "on_failure_callback": tell_failure},
)
def assign_tree_to_cluster() -> None:
    """One task per step of the pipeline, those of a large backlog's chunks, then the notice."""

    @task(multiple_outputs=False)
    def count_new_trees() -> StepResult:
        counted: StepResult = _run_step(steps.count_new_trees)
        if steps.is_backlog(_settings(), counted):
            return counted
        # As a branch operator does it: no process is started for tasks that have nothing to do.
        get_current_context()["ti"].xcom_push(key="return_value", value=counted)
        raise DownstreamTasksSkipped(tasks=["plan_chunks", "assign_chunk"])

    @task
    def plan_chunks(counted: StepResult) -> list[list[int]]:
        chunks: list[list[int]] = _run_step(steps.plan_chunks, counted)
        return chunks

    @task(multiple_outputs=False, on_failure_callback=[note_failure])
    def assign_chunk(chunk: list[int]) -> StepResult:
        result: StepResult = _run_step(steps.assign_chunk, chunk)
        return result

    @task(multiple_outputs=False, trigger_rule=TriggerRule.NONE_FAILED)
    def assign_regions(counted: StepResult, chunked: Sequence[StepResult] | None) -> StepResult:
        result: StepResult = _run_step(steps.assign_regions, counted, list(chunked or ()))
        return result

    @task(multiple_outputs=False)
    def refresh_view(assigned: StepResult) -> StepResult:
        result: StepResult = _run_step(steps.refresh_view, assigned)
        return result

    @task(multiple_outputs=False)
    def rebuild_clusters(refreshed: StepResult) -> StepResult:
        result: StepResult = _run_step(steps.rebuild_clusters, refreshed)
        return result

    @task(multiple_outputs=False)
    def notify(results: dict[str, StepResult]) -> StepResult:
        return _send(get_current_context(), results, None)

    counted = count_new_trees()
    assigned = assign_regions(counted, assign_chunk.expand(chunk=plan_chunks(counted)))
    refreshed = refresh_view(assigned)
    rebuilt = rebuild_clusters(refreshed)
    notify(
        {
            "count_new_trees": counted,
            "assign_regions": assigned,
            "refresh_view": refreshed,
            "rebuild_clusters": rebuilt,
        }
    )


assign_tree_to_cluster()
