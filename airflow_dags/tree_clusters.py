"""Assign new trees to regions and rebuild the clusters of the map: the pipeline `tree_clusters` in Airflow.

Needs `pipelines` installed beside Airflow (`pip install` of the checkout) and Airflow 3 with the
postgres provider. Nothing is read from a database or a Variable while the file is parsed.
"""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
from airflow.sdk import Context, Param, Variable, dag, get_current_context, task
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

DOC = """
### Assign trees to clusters

1. `count_new_trees`: active trees that no region has been looked up for
2. `assign_regions`: for each of them and each zoom level, the containing region of the highest priority
3. `refresh_view`: the materialized view that the map reads
4. `rebuild_clusters`: all active trees, joined where they stand closer than 0.005 degrees
5. `notify`: one message to Slack; a Slack that does not answer is a warning in this task's result

A failed task sends one message of its own.

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


def _run_step(step: Any, *results: StepResult) -> StepResult:
    """Run one step of the pipeline on a connection of its own, which is closed afterwards."""
    params = get_current_context()["params"]
    settings = settings_for(PIPELINE, params["settings"])
    with closing(_connect(params["connection"])) as connection:
        result: StepResult = step(connection, settings, *results)
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


def tell_failure(context: Context) -> None:
    """Tell Slack that a task failed. Of one run only one task can: the others wait for it."""
    error = context.get("exception")
    if error is None:
        return  # not in the task's process, which is gone: `tell_killed` follows
    sent = _send(context, _results(context), error)
    context["ti"].xcom_push(key=NOTICE_KEY, value=sent)


def tell_killed(context: Context) -> None:
    """Tell Slack of a failed run whose task could not: its process was killed (apache/airflow#60858)."""
    if context["dag_run"].triggering_user_name == "dag_test":
        return  # dag.test(): the tasks ran in this very process, so none of them was killed
    if not _results(context, NOTICE_KEY):
        _send(context, _results(context), f"the process of task {context['ti'].task_id} ended without a word")


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
    on_failure_callback=tell_killed,
    # On the tasks: then it runs in the task's process and knows the error.
    default_args={"owner": "airflow", "retries": 0, "on_failure_callback": tell_failure},
)
def assign_tree_to_cluster() -> None:
    """One task per step of the pipeline, then the notice."""

    @task(multiple_outputs=False)
    def count_new_trees() -> StepResult:
        return _run_step(steps.count_new_trees)

    @task(multiple_outputs=False)
    def assign_regions(counted: StepResult) -> StepResult:
        return _run_step(steps.assign_regions, counted)

    @task(multiple_outputs=False)
    def refresh_view(assigned: StepResult) -> StepResult:
        return _run_step(steps.refresh_view, assigned)

    @task(multiple_outputs=False)
    def rebuild_clusters(refreshed: StepResult) -> StepResult:
        return _run_step(steps.rebuild_clusters, refreshed)

    @task(multiple_outputs=False)
    def notify(results: dict[str, StepResult]) -> StepResult:
        return _send(get_current_context(), results, None)

    counted = count_new_trees()
    assigned = assign_regions(counted)
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
