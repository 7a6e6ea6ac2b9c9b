"""The constructs that real DAG files have most: a few lines of each, as the three versions import it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

OLD, MID, NEW = "airflow.operators", "airflow.operators", "airflow.providers.standard.operators"
PLAIN = ("airflow.operators.bash_operator", "airflow.operators.bash", f"{NEW}.bash")
BASH = "BashOperator(task_id='t', bash_command='echo'"
FRAME = """\
import os
from datetime import datetime, timedelta
from {dag_from} import DAG{task}
from {path} import {name}
def work(*args, **kwargs):
    return [1, 2]
def tell(*args, **kwargs):
    print(args)
SCHEDULE = "15 4 * * 2"
with DAG("d", start_date=datetime(2026, 1, 1){dag}) as dag:
    {body}
"""


@dataclass(frozen=True)
class Listed:
    """One construct and how it is written."""

    name: str
    body: str
    paths: tuple[str, ...] = PLAIN
    imported: str = "BashOperator"
    dag: str = ""

    def texts(self) -> Iterator[str]:
        """Give a DAG file for each import path; TaskFlow's names are there from 2.0 on."""
        for path in self.paths:
            new = path.startswith(("airflow.sdk", "airflow.providers.standard"))
            origin = "airflow.sdk" if new else "airflow"
            decorators = "\nfrom airflow.sdk import task, task_group, TaskGroup, Variable, chain"
            if not new:
                decorators = (
                    "\nfrom airflow.decorators import task, task_group\nfrom airflow.models import Variable"
                    "\nfrom airflow.utils.task_group import TaskGroup"
                    "\nfrom airflow.models.baseoperator import chain"
                )
            body = self.body.replace("\n", "\n    ")
            # Said, since Airflow 1 and 2 do not take none for an answer that is not given.
            dag = self.dag if "schedule" in self.dag else f"{self.dag}, schedule=None"
            yield FRAME.format(
                dag_from=origin, task=decorators, path=path, name=self.imported, dag=dag, body=body
            )


def _python(name: str, body: str) -> Listed:
    paths = ("airflow.operators.python_operator", "airflow.operators.python", f"{NEW}.python")
    return Listed(name, body, paths, body.split("(")[0])


def _task(name: str, arguments: str, dag: str = "") -> Listed:
    return Listed(name, f"{BASH}, {arguments})", dag=dag)


def _dag(name: str, arguments: str) -> Listed:
    return Listed(name, f"{BASH})", dag=f", {arguments}")


SENSORS = ("airflow.sensors", "airflow.providers.standard.sensors")
EXTERNAL = (
    "airflow.sensors.external_task_sensor",
    "airflow.sensors.external_task",
    f"{SENSORS[1]}.external_task",
)
FILE = ("airflow.contrib.sensors.file_sensor", "airflow.sensors.filesystem", f"{SENSORS[1]}.filesystem")
PYTHON_SENSOR = ("airflow.contrib.sensors.python_sensor", "airflow.sensors.python", f"{SENSORS[1]}.python")
TRIGGER = ("airflow.operators.dagrun_operator", "airflow.operators.trigger_dagrun", f"{NEW}.trigger_dagrun")
LATEST = ("airflow.operators.latest_only_operator", "airflow.operators.latest_only", f"{NEW}.latest_only")
WEEKDAY = ("airflow.operators.weekday", f"{NEW}.weekday")
BRANCH_TIME = ("airflow.operators.datetime", f"{NEW}.datetime")
EMPTY = ("airflow.operators.empty", f"{NEW}.empty")
DUMMY = ("airflow.operators.dummy_operator", "airflow.operators.dummy")
POSTGRES = ("airflow.operators.postgres_operator", "airflow.providers.postgres.operators.postgres")
SQL = ("airflow.providers.common.sql.operators.sql",)
DOCKER = ("airflow.operators.docker_operator", "airflow.providers.docker.operators.docker")
POD = (
    "airflow.contrib.operators.kubernetes_pod_operator",
    "airflow.providers.cncf.kubernetes.operators.kubernetes_pod",
    "airflow.providers.cncf.kubernetes.operators.pod",
)
HTTP_1 = ("airflow.operators.http_operator", "airflow.providers.http.operators.http")
HTTP_2 = ("airflow.providers.http.operators.http",)
HTTP_SENSOR = ("airflow.sensors.http_sensor", "airflow.providers.http.sensors.http")
ASSETS = ("airflow.datasets", "airflow.sdk")
HOOK = ("airflow.hooks.base_hook", "airflow.hooks.base", "airflow.sdk.bases.hook")
PG_HOOK = ("airflow.hooks.postgres_hook", "airflow.providers.postgres.hooks.postgres")
SUBDAG = ("airflow.operators.subdag_operator", "airflow.operators.subdag")
GKE = (
    "airflow.contrib.operators.gcp_container_operator",
    "airflow.providers.google.cloud.operators.kubernetes_engine",
)
TASK = ("airflow.operators.bash", f"{NEW}.bash")
POD_ARGUMENTS = "task_id='t', name='t', namespace='n', image='x')"

LISTED = (
    _python("PythonOperator", "PythonOperator(task_id='t', python_callable=work, op_args=[1])"),
    Listed("@task", "@task\ndef one():\n    return 1\none()", TASK),
    _task("BashOperator", "env={'A': '1'}"),
    Listed("EmptyOperator", "EmptyOperator(task_id='t')", EMPTY, "EmptyOperator"),
    Listed("DummyOperator", "DummyOperator(task_id='t')", DUMMY, "DummyOperator"),
    _python("BranchPythonOperator", "BranchPythonOperator(task_id='t', python_callable=lambda: 'b')"),
    Listed("@task.branch", "@task.branch\ndef one():\n    return 'b'\none()", TASK),
    _python("ShortCircuitOperator", "ShortCircuitOperator(task_id='t', python_callable=work)"),
    Listed("@task.short_circuit", "@task.short_circuit\ndef one():\n    return 0\none()", TASK),
    Listed(
        "BranchDayOfWeekOperator",
        "BranchDayOfWeekOperator(task_id='t', week_day='Monday', follow_task_ids_if_true='a', "
        "follow_task_ids_if_false='b')",
        WEEKDAY,
        "BranchDayOfWeekOperator",
    ),
    Listed(
        "BranchDateTimeOperator",
        "BranchDateTimeOperator(task_id='t', follow_task_ids_if_true='a', follow_task_ids_if_false='b', "
        "target_lower=datetime(2026, 1, 1), target_upper=datetime(2027, 1, 1))",
        BRANCH_TIME,
        "BranchDateTimeOperator",
    ),
    Listed(
        "@task.run_if, @task.skip_if",
        "@task.run_if(lambda c: True)\n@task\ndef one():\n    return 1\none()",
        TASK,
    ),
    Listed("LatestOnlyOperator", "LatestOnlyOperator(task_id='t')", LATEST, "LatestOnlyOperator"),
    Listed(
        "TriggerDagRunOperator",
        "TriggerDagRunOperator(task_id='t', trigger_dag_id='o')",
        TRIGGER,
        "TriggerDagRunOperator",
    ),
    _python("PythonVirtualenvOperator", "PythonVirtualenvOperator(task_id='t', python_callable=work)"),
    _python(
        "ExternalPythonOperator", "ExternalPythonOperator(task_id='t', python_callable=work, python='/p')"
    ),
    Listed("PostgresOperator", "PostgresOperator(task_id='t', sql='select 1')", POSTGRES, "PostgresOperator"),
    Listed(
        "SQLExecuteQueryOperator",
        "SQLExecuteQueryOperator(task_id='t', conn_id='c', sql='select 1')",
        SQL,
        "SQLExecuteQueryOperator",
    ),
    Listed("KubernetesPodOperator", f"KubernetesPodOperator({POD_ARGUMENTS}", POD, "KubernetesPodOperator"),
    Listed(
        "GKEStartPodOperator",
        f"GKEStartPodOperator(project_id='p', location='l', cluster_name='c', {POD_ARGUMENTS}",
        GKE[1:],
        "GKEStartPodOperator",
    ),
    Listed(
        "GKEPodOperator",
        f"GKEPodOperator(project_id='p', location='l', cluster_name='c', {POD_ARGUMENTS}",
        GKE[:1],
        "GKEPodOperator",
    ),
    Listed("DockerOperator", "DockerOperator(task_id='t', image='x')", DOCKER, "DockerOperator"),
    Listed(
        "SimpleHttpOperator",
        "SimpleHttpOperator(task_id='t', endpoint='x', http_conn_id='c')",
        HTTP_1,
        "SimpleHttpOperator",
    ),
    Listed(
        "HttpOperator", "HttpOperator(task_id='t', endpoint='x', http_conn_id='c')", HTTP_2, "HttpOperator"
    ),
    Listed(
        "HttpSensor", "HttpSensor(task_id='t', endpoint='x', http_conn_id='c')", HTTP_SENSOR, "HttpSensor"
    ),
    Listed(
        "ExternalTaskSensor",
        "ExternalTaskSensor(task_id='t', external_dag_id='o')",
        EXTERNAL,
        "ExternalTaskSensor",
    ),
    Listed("FileSensor", "FileSensor(task_id='t', filepath='/x')", FILE, "FileSensor"),
    Listed("PythonSensor", "PythonSensor(task_id='t', python_callable=work)", PYTHON_SENSOR, "PythonSensor"),
    Listed("TaskGroup", f"with TaskGroup('g'):\n    {BASH})", TASK),
    Listed("@task_group", f"@task_group\ndef g():\n    {BASH})\ng()", TASK),
    Listed(
        "setup / teardown",
        f"a = {BASH})\nb = BashOperator(task_id='b', bash_command='x')\na >> b.as_teardown(setups=a)",
        TASK,
    ),
    Listed("expand", "@task\ndef one(x):\n    return x\none.expand(x=[1, 2])", TASK),
    Listed("partial", "@task\ndef one(x, y):\n    return x\none.partial(y=1).expand(x=[1, 2])", TASK),
    Listed(
        "expand of an operator",
        "PythonOperator.partial(task_id='t', python_callable=work).expand(op_kwargs=[{'a': 1}, {'a': 2}])",
        ("airflow.operators.python", f"{NEW}.python"),
        "PythonOperator",
    ),
    Listed("xcom_pull", "@task\ndef one(ti=None):\n    return ti.xcom_pull(task_ids='a')\none()", TASK),
    Listed("xcom_push", "@task\ndef one(ti=None):\n    ti.xcom_push(key='k', value=1)\none()", TASK),
    Listed(
        "XCom in Jinja",
        "BashOperator(task_id='t', bash_command='echo {{ ti.xcom_pull(task_ids=\"a\") }}')",
    ),
    _task("trigger_rule", "trigger_rule='all_done'"),
    _task("retries", "retries=2"),
    _task("retry_delay", "retries=2, retry_delay=timedelta(minutes=1)"),
    _task(
        "exponential backoff", "retries=2, retry_exponential_backoff=True, retry_delay=timedelta(minutes=1)"
    ),
    _task("execution_timeout", "execution_timeout=timedelta(minutes=1)"),
    _task("pool", "pool='small'"),
    _dag("max_active_runs", "max_active_runs=1"),
    _task("depends_on_past", "depends_on_past=True"),
    _dag("start_date", "tags=['a']"),
    _dag("catchup", "schedule='@daily', catchup=True"),
    _dag("end_date", "end_date=datetime(2030, 1, 1)"),
    _dag("schedule: preset", "schedule='@daily'"),
    _dag("schedule: cron", "schedule_interval='0 5 * * 1'"),
    _dag("schedule: None", "schedule=None"),
    _dag("schedule: timedelta", "schedule=timedelta(hours=2)"),
    _dag("schedule: variable", "schedule=SCHEDULE"),
    _dag("schedule: Variable.get without an export", "schedule=Variable.get('when')"),
    Listed(
        "schedule: assets",
        "@task\ndef one():\n    return 1\none()",
        ASSETS[:1],
        "Dataset",
        ", schedule=[Dataset('x')]",
    ),
    Listed(
        "schedule: timetable",
        "@task\ndef one():\n    return 1\none()",
        ("airflow.timetables.trigger",),
        "CronTriggerTimetable",
        ", timetable=CronTriggerTimetable('0 1 * * 3', timezone='UTC')",
    ),
    *(
        Listed(f"Jinja: {name}", f"BashOperator(task_id='t', bash_command='echo {{{{ {text} }}}}')")
        for name, text in {
            "var.value": "var.value.a",
            "var.json": "var.json.a.b",
            "ds": "ds",
            "params": "params.a",
            "macros": "macros.ds_add(ds, 1)",
            "next_ds": "next_ds",
            "conf": "dag_run.conf.a",
        }.items()
    ),
    Listed("Variable.get", "@task\ndef one():\n    return Variable.get('a')\none()", TASK),
    Listed("Variable.get in an argument", "BashOperator(task_id='t', bash_command=Variable.get('a'))"),
    Listed(
        "get_connection",
        "@task\ndef one():\n    return BaseHook.get_connection('a').host\none()",
        HOOK,
        "BaseHook",
    ),
    Listed(
        "PostgresHook",
        "@task\ndef one():\n    return PostgresHook('a').get_records('x')\none()",
        PG_HOOK,
        "PostgresHook",
    ),
    _task("on_failure_callback", "on_failure_callback=tell"),
    _task("on_success_callback", "on_success_callback=tell"),
    _task("on_retry_callback", "retries=1, on_retry_callback=tell"),
    _task("on_execute_callback", "on_execute_callback=tell"),
    _task("on_skipped_callback", "on_skipped_callback=tell"),
    _task("sla", "sla=timedelta(hours=1)"),
    Listed("sla_miss_callback", f"{BASH}, sla=timedelta(hours=1))", dag=", sla_miss_callback=tell"),
    Listed("SubDagOperator", "SubDagOperator(task_id='t', subdag=DAG('d.t'))", SUBDAG, "SubDagOperator"),
    Listed("bitshift", f"{BASH}) >> BashOperator(task_id='b', bash_command='x')"),
    Listed("chain", f"chain({BASH}), BashOperator(task_id='b', bash_command='x'))"),
    Listed("globals()", f"globals()['more'] = {BASH})"),
    Listed("operators in a loop", "for n in range(2):\n    BashOperator(task_id=f't{n}', bash_command='x')"),
    _dag("doc_md", "doc_md='words'"),
    _dag("tags", "tags=['a']"),
    _task("owner", "owner='us'"),
    _task("executor_config", "executor_config={'KubernetesExecutor': {'image': 'x'}}"),
    _task("executor_config: CPU and memory", "executor_config={'KubernetesExecutor': {'request_cpu': '1'}}"),
)
