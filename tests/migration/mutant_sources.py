"""DAG files, whose flows mistakes are planted in."""

from __future__ import annotations

SOURCES = {
    "branches": """
from datetime import timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.exceptions import AirflowSkipException
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.operators.weekday import BranchDayOfWeekOperator
def perhaps(): raise AirflowSkipException
with DAG("branches", schedule_interval="30 4 * * 1", default_args={"retries": 2,
         "retry_delay": timedelta(minutes=7)}) as dag:
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "left")
    left = BashOperator(task_id="left", bash_command="echo left", execution_timeout=timedelta(seconds=90),
                        max_active_tis_per_dag=2)
    right = BashOperator(task_id="right", bash_command="echo right", pool="small")
    join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
    last = EmptyOperator(task_id="last", trigger_rule="all_done")
    day = BranchDayOfWeekOperator(task_id="day", week_day="Monday", follow_task_ids_if_true="mo",
                                  follow_task_ids_if_false="other")
    cut = ShortCircuitOperator(task_id="cut", python_callable=lambda: False)
    mo, other, end = [EmptyOperator(task_id=name) for name in ("mo", "other", "end")]
    PythonOperator(task_id="perhaps", python_callable=perhaps)
    pick >> [left, right] >> join >> last
    day >> [mo, other]
    cut >> end
""",
    "forks": """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, ShortCircuitOperator
import random
with DAG("forks") as dag:
    one = {n: EmptyOperator(task_id=n) for n in ("first", "aside", "left", "right", "after", "end")}
    join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
    last = EmptyOperator(task_id="last", trigger_rule="all_done")
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: random.choice(["left", "right"]))
    cut = ShortCircuitOperator(task_id="cut", python_callable=lambda: False)
    one["first"] >> pick >> [one["left"], one["right"]] >> join >> last
    one["right"] >> one["after"] >> last
    one["aside"] >> one["end"] << cut
""",
    "alarm": """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
with DAG("alarm") as dag:
    a, b, sad = [EmptyOperator(task_id=name) for name in ("a", "b", "sad")]
    [a, b] >> EmptyOperator(task_id="alert", trigger_rule="one_failed") >> sad
    [a, b] >> EmptyOperator(task_id="worse", trigger_rule="all_failed")
""",
    "fork": """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator
def choose():
    if 1 > 2:
        return "low"
    return "high"
with DAG("fork") as dag:
    pick = BranchPythonOperator(task_id="pick", python_callable=choose)
    low, high, more = [EmptyOperator(task_id=name) for name in ("low", "high", "more")]
    join = EmptyOperator(task_id="join", trigger_rule="none_failed")
    pick >> [low, high] >> join >> EmptyOperator(task_id="z")
    high >> more
""",
    "plain": """
from airflow.decorators import dag, task
@dag(schedule="@hourly", max_active_runs=1)
def plain():
    @task(retries=3)
    def read(name): return [name]
    @task
    def mix(x, y): return x * y
    @task
    def show(values, title): print(title, values)
    first, second = read("a"), read.override(task_id="again", retries=1)("b")
    pairs = mix.expand(x=[1, 2, 3], y=[10, 20])
    show(pairs, "all") << first
    show.override(task_id="late")(second, "late")
plain()
""",
    "mapped": """
import datetime
from airflow.decorators import dag, task
@dag(schedule=datetime.timedelta(hours=5))
def mapped():
    @task
    def numbers(): return [1, 2]
    @task(trigger_rule="none_failed", retries=4)
    def pair(a, b, c): return a + b + c
    @task
    def total(values): return sum(values)
    total(pair.partial(c=5).expand(a=numbers(), b=[7, 8]))
mapped()
""",
    "late": """
from datetime import timedelta
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.latest_only import LatestOnlyOperator
from airflow.operators.bash import BashOperator
from airflow.sensors.time_delta import TimeDeltaSensor
with DAG("late", schedule_interval=timedelta(hours=6)):
    LatestOnlyOperator(task_id="newest") >> EmptyOperator(task_id="tell")
    TimeDeltaSensor(task_id="pause", delta=timedelta(minutes=5))
    BashOperator(task_id="show", bash_command="echo {{ ts }}")
""",
    "commands": """
import json
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("commands"):
    BashOperator(task_id="a", bash_command="echo $X", env={"X": "1"}, cwd="/usr")
    BashOperator(task_id="b", bash_command="echo 3", output_processor=json.loads)
""",
    "told": """
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
def look(dag_run=None): print(dag_run.conf)
def lacks(own): print(own)
with DAG("told", schedule_interval="@daily"):
    a = BashOperator(task_id="a", bash_command="echo {{ dag_run.conf.get('x', 1) }} {{ dag_run.conf['y'] }}")
    b = PythonOperator(task_id="b", python_callable=look)
    a >> b >> PythonOperator(task_id="c", python_callable=lacks)  # it fails, as in Airflow
""",
    "looped": """
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("looped", schedule_interval="@daily"):
    BashOperator(task_id="a",
                 bash_command="{% for i in range(3) %}{{ i }} {{ macros.ds_add(ds, 7) }};{% endfor %}")
    BashOperator(task_id="b", bash_command="{% for i in range(3) %}{{ params.own }};{% endfor %}",
                 params={"own": 4})
""",
    "handed": """
from airflow import DAG
from airflow.operators.python import PythonOperator
def look(**context): show(1, **context)
def show(number, ts, **context): print(number, ts, context["ds"])
with DAG("handed", schedule_interval="@daily"):
    PythonOperator(task_id="a", python_callable=look)
""",
    "steady": """
from datetime import timedelta
from airflow.decorators import dag, task
from airflow.timetables.trigger import CronTriggerTimetable
@dag(timetable=CronTriggerTimetable("0 1 * * 3", timezone="UTC"))
def steady():
    def tell(context): print(context)
    @task(retries=3, retry_delay=timedelta(minutes=1), retry_exponential_backoff=True, on_retry_callback=tell)
    def pair(x, y): return x * y
    pair.partial(y=7).expand(x=[1, 2])
steady()
""",
    "grouped": """
from airflow.decorators import dag, task, task_group
@dag(schedule=None)
def grouped():
    @task
    def add(num): return num + 1
    @task
    def times(a, b): return a * b
    @task_group
    def op(num, by): return times(add(num), by)
    op.expand(num=[1, 2], by=[10, 100])
grouped()
""",
    "dated": """
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
def tell(day, ds=None, **context): print(day, ds, context["next_ds"])
with DAG("dated", schedule_interval="0 6 * * *", params={"size": 3}):
    a = BashOperator(task_id="a", bash_command="echo {{ ds }} {{ params.size }} {{ yesterday_ds }}")
    a >> PythonOperator(task_id="b", python_callable=tell, op_args=["{{ next_ds_nodash }}"])
""",
    "zoned": """
from datetime import datetime
from zoneinfo import ZoneInfo
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("zoned", schedule_interval="@monthly", params={"size": 3},
         start_date=datetime(2024, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))):
    BashOperator(task_id="a", bash_command="echo {{ ds }}")
""",
    "tables": """
from airflow.sdk import DAG, TaskGroup, task
from airflow.timetables.interval import CronDataIntervalTimetable
with DAG("tables", schedule=CronDataIntervalTimetable("0 5 * * *", timezone="Asia/Tokyo")):
    @task
    def work(ti=None): ti.xcom_push(key="a", value=1)
    @task.branch
    def pick(ti=None): return ti.run_id
    with TaskGroup("some", prefix_group_id=False):
        found = work()
    pick() >> found
""",
    "conditions": """
from airflow.sdk import DAG, task
def is_late(context): return True
def tell(context): print(context)
with DAG(dag_id="conditions", schedule=None):
    @task.run_if(is_late, "early")
    @task(on_execute_callback=tell, on_skipped_callback=tell, wait_for_downstream=True)
    def work(): return 1
    @task.skip_if(is_late)
    @task
    def other(x): return x
    other.expand(x=[1, 2]) << work()
""",
    "held": """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
def work(): return 1
with DAG("held", schedule="0 16 * * *", default_args={"depends_on_past": True}):
    first = PythonOperator(task_id="first", python_callable=work)
    free = EmptyOperator(task_id="free", depends_on_past=False)
    first >> [EmptyOperator(task_id="second"), free]
""",
    "pushed": """
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
def single(**kwargs):
    ti = kwargs["ti"]
    size = str(7)
    ti.xcom_push("size", size)
def several(ti):
    ti.xcom_push(key="low", value=1)
    ti.xcom_push(key="high", value=2)
def take(ti, day=None):
    size = ti.xcom_pull("single", key="size")
    low = ti.xcom_pull("several", key="low")
    word = ti.xcom_pull("word")
    print(size, low, word, day, ti.xcom_pull("several", key="high"), ti.xcom_pull("several", key="none"))
with DAG("pushed", schedule=None):
    one = PythonOperator(task_id="single", python_callable=single)
    two = PythonOperator(task_id="several", python_callable=several)
    three = BashOperator(task_id="word", bash_command="echo word")
    [one, two, three] >> BashOperator(task_id="between", bash_command="true") >> PythonOperator(
        task_id="take", python_callable=take,
        op_kwargs={"day": "{{ ti.xcom_pull('single', key='size') }}"})
""",
    "undone": """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
with DAG("undone", schedule=None):
    up, work, more = [EmptyOperator(task_id=name) for name in ("up", "work", "more")]
    up >> work >> EmptyOperator(task_id="down").as_teardown(setups=up)
    work >> more
""",
    "others": """
from datetime import timedelta
from airflow import DAG
from airflow.sensors.external_task import ExternalTaskSensor
with DAG("others", schedule="0 18 * * *"):
    [ExternalTaskSensor(task_id="plain", external_dag_id="far", external_task_ids=["a", "b"],
                        execution_delta=timedelta(hours=6)),
     ExternalTaskSensor(task_id="grouped", external_dag_id="far", external_task_group_id="g",
                        failed_states=["failed"])]
""",
    "classes": """
from airflow import DAG
from airflow.models import BaseOperator
class Add(BaseOperator):
    template_fields = ("text",)
    def __init__(self, value, text="{{ ds }}", **kwargs):
        super().__init__(**kwargs)
        self.value, self.text = value, text
    def execute(self, context):
        self.log.info("adding to %s", self.value)
        return self.value + 1
with DAG("classes", schedule="@daily"):
    Add(task_id="one", value=3) >> Add(task_id="two", value=5, text="x")
""",
    "bounded": """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("bounded", schedule_interval="0 5 * * *", start_date=datetime(2098, 1, 1),
         end_date=datetime(2099, 1, 1)):
    BashOperator(task_id="a", bash_command="true", retries=4, retry_delay=timedelta(minutes=2),
                 retry_exponential_backoff=True, max_retry_delay=timedelta(minutes=5))
""",
}
