"""DAG files, and mistakes to plant in the flows that are written for them."""

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
    left = BashOperator(task_id="left", bash_command="echo left", execution_timeout=timedelta(seconds=90))
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
}
MUTANTS: list[tuple[str, str, str, str]] = [
    # what, file, pattern, replacement: each match of the pattern is one mutant
    ("lost edge", "branches", r"after=\[(\w+), (\w+)\]", r"after=[\1]"),
    ("lost edge", "branches", r", after=\[\w+\]", ""),
    ("lost edge", "plain", r", wait_for=\[\w+\]", ""),
    ("lost edge", "plain", r"values=\w+, ", "values=[], "),
    ("other edge", "branches", r"after=\[left, right\]", "after=[left, pick]"),
    ("changed rule", "branches", r'rule="none_failed_min_one_success"', 'rule="one_success"'),
    ("changed rule", "branches", r'rule="all_done"', 'rule="none_failed"'),
    ("lost rule", "branches", r', rule="\w+"', ""),
    ("changed rule", "mapped", r'rule="none_failed"', 'rule="all_done"'),
    ("zip for cross product", "plain", r"x=\[[^\]]*\], y=\[[^\]]*\]", "x=[1, 2], y=[10, 20]"),
    ("zip for cross product", "plain", r"y=\[[^\]]*\]", "y=[10, 20, 10, 20, 10, 20]"),
    ("lost mapped argument", "mapped", r', "b": \[7, 8\]', ""),
    ("mapping lost", "mapped", r"expand\(pair.*?\)\n", "submit(pair)\n"),
    ("lost retry", "branches", r"retries=2, ", ""),
    ("lost retry", "plain", r"retries=\d", "retries=0"),
    ("lost retry", "mapped", r", retries=4", ""),
    ("lost delay", "branches", r"retry_delay_seconds=420", "retry_delay_seconds=300"),
    ("lost time-out", "branches", r"timeout_seconds=90", "timeout_seconds=None"),
    ("lost pool", "branches", r'tags=\{"pool:small"\}', "tags=set()"),
    ("swapped branch", "branches", r'"mo", "other"', '"other", "mo"'),
    ("branch as a task", "branches", r', kind="branch"', ""),
    ("short circuit as a task", "branches", r', kind="short_circuit"', ""),
    ("softer short circuit", "branches", r'kind="short_circuit"', 'kind="soft_short_circuit"'),
    ("lost leaf", "branches", r"return \[(.*), \w+\]", r"return [\1]"),
    ("renamed task", "branches", r'name="last"', 'name="lost"'),
    ("lost task", "branches", r"\n    end = .*", "\n    end = None"),
    ("other command", "branches", r"echo (left|right)", "true"),
    ("other argument", "plain", r'title="\w+"', 'title="x"'),
    ("renamed flow", "plain", r'@flow\(name="plain"', '@flow(name="other"'),
    ("other copies", "grouped", r"\[1, 1, 2, 2\]", "[1, 2, 1, 2]"),
    ("lost copies", "grouped", r"b=\[10, 100, 10, 100\]", "b=[10, 100]"),
    ("lost edge", "grouped", r"a=op_add", "a=[1, 1, 2, 2]"),
    ("other date", "dated", r"%Y-%m-%d", "%Y-%d-%m"),
    ("other date", "dated", r"timedelta\(days=1\)", "timedelta(days=2)"),
    ("other environment", "commands", r"'X': .1.", "'X': 2"),
    ("lost environment", "commands", r", env=[^}]*\}", ""),
    ("other folder", "commands", r'cwd="/usr"', 'cwd="/"'),
    ("lost folder", "commands", r', cwd="/usr"', ""),
    ("other processor", "commands", r"processor=json.loads", "processor=json.dumps"),
    ("a lost default", "told", r"conf.get\('x', 1\)", "conf['x']"),
    ("another default", "told", r"conf.get\('x', 1\)", "conf.get('x', 2)"),
    ("another key", "told", r"conf\['y'\]", "conf['z']"),
    ("a key that may lack", "told", r"conf\['y'\]", "conf.get('y')"),
    ("a lost conf", "told", r"look\(conf=conf\)", "look(conf={})"),
    ("a lost conf", "told", r"look\(conf=conf\)", "look()"),
    ("a lost conf", "told", r"conf = conf or \{\}", "conf = {}"),
    ("other turns", "looped", r"range\(3\)", "range(4)"),
    ("other turns", "looped", r"\* 3", "* 2"),
    ("other date", "looped", r"days=7", "days=6"),
    ("other parameter", "looped", r"own=4", "own=5"),
    ("a lost date", "handed", r"ds=[^,)]*, ", ""),
    ("a lost date", "handed", r", ts=[^,]*\)", ")"),
    ("other moment", "late", r"timedelta\(hours=6\)", "timedelta(hours=5)"),
    ("other hour", "dated", r"1970, 1, 1, 6, 0", "1970, 1, 1, 7, 0"),
    ("other parameter", "dated", r"\{size\}", "{3 * size}"),
    ("other fixed value", "steady", r"unmapped\(7\)", "unmapped(8)"),
    ("lost copies", "steady", r"x=\[1, 2\]", "x=[1]"),
    ("other pause", "steady", r"backoff\(60\)", "backoff(61)"),
    ("lost callback", "steady", r"retry_condition_fn=airflow_retry\(tell\),?", ""),
    ("steady pause", "steady", r"exponential_backoff\(60\)", "60"),
    ("other condition", "conditions", r"run_if\(", "skip_if("),
    ("other condition", "conditions", r"skip_if\(is_late", "skip_if(tell"),
    ("lost condition", "conditions", r", first=\[skip_if\(is_late\)\]", ""),
    ("other past", "conditions", r'depends_on_past=\["other"\]', "depends_on_past=True"),
    ("lost past", "held", r"@depends_on_past\n", ""),
    ("lost past", "held", r"wait_until\(lambda: succeeded_before.*\)", "..."),
    ("lost past", "held", r"succeeded_before\(task_run.task_name\)", "True"),
    ("a teardown only after success", "undone", r"allow_failure\(work\)", "work"),
    ("a teardown after a failed setup", "undone", r"\[up, allow", "[allow_failure(up), allow"),
    ("a teardown beside the work", "undone", r", allow_failure\(work\)", ""),
    ("a teardown that is not waited for", "undone", r"    wait\(.*\)\n", ""),
    ("a teardown that counts", "undone", r"return more", "return [more, down]"),
    ("other flow", "others", r'"far"', '"near"'),
    ("other flow's tasks", "others", r'"b"', '"c"'),
    ("other moment", "others", r", delta=21600", ""),
    ("lost group", "others", r'group="g"', 'group="h"'),
    ("lost failure", "others", r"fails=True", "fails=False"),
    ("extra past", "held", r"(?=def empty\(\))", "@depends_on_past\n"),
    ("lost message", "conditions", r'"early"', '"late"'),
    ("lost callback", "conditions", r", calls\(tell\)", ""),
    ("lost callback", "conditions", r"on_completion=\[.*?\]", "on_completion=[]"),
    ("swapped branch", "forks", r'"(left|right)"\):', '"aside"):'),
    ("swapped branch", "forks", r'goes_to\(pick, "left"\)', 'goes_to(pick, "right")'),
    ("swapped branch", "fork", r'== "low"', '== "high"'),
    ("branch without a condition", "forks", r'goes_to\(pick, "right"\)', "True"),
    ("short circuit without a condition", "forks", r"goes_on\(cut_run\)", "True"),
    ("short circuit turned round", "forks", r"goes_on\(cut_run\)", "not goes_on(cut_run)"),
    ("a failed branch goes nowhere", "forks", r"return True", "return False"),
    ("a failed check goes nowhere", "forks", r"not check.state.is_completed\(\) or ", ""),
    ("lost edge", "forks", r", wait_for=\[\w+\]|wait_for=\[\w+\]", ""),
    ("lost edge", "fork", r"wait_for=before_join", ""),
    ("a join that always runs", "forks", r"if before_join:", "if True:"),
    ("changed rule", "forks", r"allow_failure\(", "("),
    ("changed rule", "alarm", r"any\(not", "all(not"),
    ("changed rule", "alarm", r"if not any\(one", "if not all(one"),
    ("changed rule", "alarm", r"allow_failure\(a\), allow_failure\(b\)", "a, b"),
    ("lost rule", "alarm", r"if any\(.*:", "if True:"),
    ("lost leaf", "forks", r"return \[(.*), \*ends\]", r"return [\1]"),
    ("lost leaf", "fork", r"return \[(.*), \*ends\]", r"return ends"),
    ("an arm that the join does not see", "fork", r"    before_join.append\(high\)\n", ""),
    ("ended before all was done", "forks", r"\n    wait\(.*\)", ""),
    ("waits without need", "forks", r"(    pick = .*)", r"    aside.result()\n\1"),
    ("a branch to anything", "tables", r"@chooses\([^()]*\)\n", ""),
    ("a branch to anything", "forks", r"chooses\([^()]*\)\(", "("),
    ("a branch to more", "forks", r"chooses\(", 'chooses("z", '),
    ("a branch to less", "tables", r'chooses\("\w+", ', "chooses("),
    ("a group that a branch does not go to", "tables", r", groups=\{.*?\}", ""),
    ("a group of other tasks", "tables", r'\["work"\]', '["pick"]'),
    ("other interval", "branches", r'every="[^"]*"', 'every="30 4 * * 2"'),
    ("lost interval", "branches", r', every="[^"]*"', ""),
    ("other interval", "mapped", r"every=timedelta\(\w+=", "every=timedelta(minutes="),
    ("a date of Airflow 2", "conditions", r'dag_id="conditions"', 'dag_id="conditions", every="@daily"'),
    ("other interval", "zoned", r'every="@monthly"', 'every="@weekly"'),
    ("other zone", "zoned", r', timezone="Europe/Berlin"', ""),
    ("other zone", "tables", r'timezone="Asia/Tokyo"', 'timezone="UTC"'),
    ("lost interval", "tables", r', every="[^"]*"', ""),
    ("lost date", "zoned", r", logical_date=logical_date", ""),
    ("lost conf", "branches", r", conf=conf", ""),
    ("lost params", "zoned", r'params=\{"size": size\}', "params={}"),
    ("imports airflow", "mapped", r"\A", "import airflow\n"),
    ("other result", "pushed", r"size=single_run", "size=word"),
    ("other result", "pushed", r"word=word", "word=single_run"),
    ("other result", "pushed", r"day=single_run", "day=word"),
    ("a template that is left", "pushed", r"day=single_run", 'day="None"'),
    ("lost result", "pushed", r"several=several_run, ", "several=None, "),
    ("lost push", "pushed", r"return size", "size"),
    ("other push", "pushed", r"return size", "return 3"),
    ("swapped keys", "pushed", r'"low": 1, "high": 2', '"low": 2, "high": 1'),
    ("other key", "pushed", r'several\["low"\]', 'several["high"]'),
    ("a key that is not there", "pushed", r", None\)", ", 5)"),
    ("swapped values", "pushed", r"print\(size, low", "print(low, size"),
    ("lost edge", "pushed", r"wait_for=\[between\]", "wait_for=[]"),
    ("other argument", "classes", r"value=\d", "value=4"),
    ("lost argument", "classes", r'text="x"', ""),
    ("a class without its argument", "classes", r"Add\(value=value, text=text\)", "Add(value=value)"),
    ("swapped arguments", "classes", r"Add\(value=value, text=text\)", "Add(value=text, text=value)"),
    ("a class that does not work", "classes", r"\.execute\(\)", ""),
    ("other work", "classes", r"self\.value \+ 1", "self.value + 2"),
    ("lost log", "classes", r" +get_run_logger\(\)\.info.*\n", ""),
    ("other attribute", "classes", r"self\.value, self\.text =", "self.text, self.value ="),
    ("other template", "classes", r"%Y-%m-%d", "%Y-%d-%m"),
]
