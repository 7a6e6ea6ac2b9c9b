"""Which arguments operators take: Airflow passes over default arguments that an operator does not have."""

from __future__ import annotations

from migration.graph import Argument, Task
from migration.writing.plan import Claim


def _names(*texts: str) -> frozenset[str]:
    return frozenset(name for text in texts for name in text.split())


BASE = _names(
    """
    adhoc allow_nested_operators default_args depends_on_past do_xcom_push doc doc_json doc_md doc_rst
    doc_yaml email email_on_failure email_on_retry end_date execution_timeout executor executor_config
    ignore_first_depends_on_past inlets logger_name map_index_template max_active_tis_per_dag
    max_active_tis_per_dagrun max_retry_delay multiple_outputs on_execute_callback on_failure_callback
    on_retry_callback on_skipped_callback on_success_callback outlets owner params pool pool_slots
    post_execute pre_execute priority_weight queue render_template_as_native_obj resources retries
    retry_delay retry_exponential_backoff retry_policy run_as_user sla start_date task_concurrency
    task_display_name task_group task_id trigger_rule wait_for_downstream
    wait_for_past_depends_before_skipping weight_rule
    """
)
"""Of all operators, in any version."""
PYTHON = _names(
    "op_args op_kwargs provide_context python_callable show_return_value_in_logs",
    "templates_dict templates_exts",
)
OTHER_PYTHON = PYTHON | _names(
    "env_vars expect_airflow inherit_env serializer skip_on_exit_code string_args use_dill"
)
SENSOR = _names(
    "deferrable exponential_backoff max_wait mode never_fail poke_interval silent_fail soft_fail timeout"
)
LATER = SENSOR | _names("end_from_trigger start_from_trigger target_time trigger_kwargs")
DAY = _names("use_task_execution_day use_task_logical_date")
CHOICE = DAY | _names("follow_task_ids_if_false follow_task_ids_if_true")
OWN: dict[str, frozenset[str]] = {
    "PythonOperator": PYTHON,
    "BranchPythonOperator": PYTHON,
    "ShortCircuitOperator": PYTHON | _names("ignore_downstream_trigger_rules"),
    "PythonVirtualenvOperator": OTHER_PYTHON
    | _names(
        "index_urls index_urls_from_connection_ids pip_install_options python_version requirements",
        "system_site_packages venv_cache_path",
    ),
    "ExternalPythonOperator": OTHER_PYTHON | _names("expect_pendulum python"),
    "BashOperator": _names(
        "append_env bash_command cwd env output_encoding output_processor skip_exit_code",
        "skip_on_exit_code xcom_push",
    ),
    "EmptyOperator": _names(),
    "DummyOperator": _names(),
    "LatestOnlyOperator": _names(),
    "BranchDateTimeOperator": CHOICE | _names("target_lower target_upper"),
    "BranchDayOfWeekOperator": CHOICE | _names("week_day"),
    "BashSensor": SENSOR | _names("bash_command env output_encoding retry_exit_code"),
    "DateTimeSensor": LATER,
    "TimeSensor": LATER,
    "TimeDeltaSensor": LATER | _names("delta"),
    "FileSensor": LATER | _names("filepath fs_conn_id recursive"),
    "PythonSensor": SENSOR | PYTHON,
    "DayOfWeekSensor": SENSOR | DAY | _names("week_day"),
    "ExternalTaskMarker": _names(
        "execution_date external_dag_id external_task_id logical_date recursion_depth"
    ),
}
"""Beyond those, of the operators whose arguments are known: in Airflow 3.3, and dropped before."""


def passed_over(task: Task, argument: Argument) -> Claim | None:
    """Claim a default argument that the operator does not take; None where it takes it or nobody knows."""
    own = OWN.get(task.operator)
    if argument.origin != "default_args" or task.own or own is None or argument.name in BASE | own:
        return None
    return Claim(note=f"{task.operator} does not take it; Airflow passes it over, too")
