"""DAG files for `test_beside_airflow.py`, by subject. `LINES`: the file that their tasks write to."""

from __future__ import annotations

BEGIN = """
import os
from airflow import DAG
from airflow.decorators import task
from airflow.models import BaseOperator
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.utils.task_group import TaskGroup
def say(*words, **named):
    with open(LINES, "a") as stream:
        stream.write(f"{words!r} {named!r}\\n")
"""
OWN = """
class Say(BaseOperator):
    template_fields = ("text",)
    def __init__(self, text, plain="", email="nobody", queue="default", table="none", **kwargs):
        super().__init__(**kwargs)
        self.text, self.plain, self.to, self.where, self.table = text, plain, email, queue, table
    def execute(self, context):
        say(self.text, self.plain, self.to, self.where, self.table)
class More(Say):
    def __init__(self, more="none", **kwargs):
        super().__init__(**kwargs)
        self.more = more
    def execute(self, context):
        say(self.task_id, self.more, self.table, self.text)
"""
CASES = {
    "not_rendered": f"""{BEGIN}{OWN}
with DAG("d", schedule=None):
    Say(task_id="a", text="{{{{ task.task_id }}}}" if False else "{{{{ 1 + 1 }}}}", plain="{{{{ 1 + 1 }}}}")
    Say(task_id="b", text="x", plain=["{{{{ ds }}}}"])
    Say.partial(task_id="c", plain="{{{{ 2 + 2 }}}}").expand(text=["u", "v"])
""",
    "names_of_the_base": f"""{BEGIN}{OWN}
with DAG("d", schedule=None):
    Say(task_id="a", text="x", email="a@example.com", queue="quick")
""",
    "default_args_of_ones_own": f"""{BEGIN}{OWN}
with DAG("d", schedule=None, default_args={{"table": "t", "queue": "q", "more": "m", "other": 1}}):
    Say(task_id="a", text="x")
    More(task_id="b", text="y")
    More(task_id="c", text="y", table="own")
""",
    "undecodable": f"""{BEGIN}
def take(ti):
    say(ti.xcom_pull("a"))
with DAG("d", schedule=None):
    BashOperator(task_id="a", bash_command=r"printf 'a\\xff\\xe4\\n'") >> PythonOperator(
        task_id="b", python_callable=take)
""",
    "values_changed_in_place": f"""{BEGIN}
NAMES, TABLE, GONE = [], {{}}, [3, 1]
for number in range(3):
    NAMES.append(number)
TABLE["a"] = 1
GONE.sort()
class Kept: word = "first"
Kept.word = "second"
def work():
    say(NAMES, TABLE, GONE, Kept.word)
with DAG("d", schedule=None):
    PythonOperator(task_id="a", python_callable=work)
""",
    "the_environment": f"""{BEGIN}
os.environ["REPLANT_CASE"] = "set"
with DAG("d", schedule=None):
    BashOperator(task_id="a", bash_command="echo x$REPLANT_CASE >> " + LINES)
""",
    "groups_without_prefix": f"""{BEGIN}
with DAG("d", schedule=None):
    with TaskGroup("outer"):
        with TaskGroup("inner", prefix_group_id=False):
            PythonOperator(task_id="a", python_callable=lambda ti: say(ti.task_id))
""",
    "none_of_a_copy": f"""{BEGIN}
@task
def twice(n):
    return n * 2 if n != 2 else None
@task
def numbers():
    return [1, 2, 3]
@task
def total(given):
    say(sorted(map(str, given)))
with DAG("d", schedule=None):
    total(twice.expand(n=[1, 2, 3]))
    total(twice.expand(n=numbers()))
""",
    "ends_of_lines": f"""{BEGIN}
def show(*given, **_):
    say(*given)
with DAG("d", schedule=None, params={{"x": 1}}):
    PythonOperator(task_id="a", python_callable=show, op_args=["a\\n", "b\\r\\nc\\n\\n", ["d\\n"]])
    PythonOperator(task_id="b", python_callable=show, op_args=["{{{{ params.x }}}}\\n"])
""",
    "callbacks_that_stand_below": f"""{BEGIN}
def work(ti):
    say("work", ti.task_id)
def after(context):
    say("after", context["ti"].task_id)
with DAG("d", schedule=None, default_args={{"on_success_callback": after}}):
    PythonOperator(task_id="a", python_callable=work)
""",
    "trigger_rules": f"""{BEGIN}
def bad():
    raise ValueError
def good(ti):
    say(ti.task_id)
with DAG("d", schedule=None):
    functions = {{"a": bad, "b": good}}
    before = [PythonOperator(task_id=name, python_callable=one) for name, one in functions.items()]
    for rule in ("one_failed", "all_done", "none_failed", "none_skipped"):
        before >> PythonOperator(task_id=rule, python_callable=good, trigger_rule=rule)
""",
    "before_and_after": f"""{BEGIN}
def before(context):
    say("before", context["ti"].task_id)
def after(context, result=None):
    say("after", result)
def work():
    say("work")
    return 3
with DAG("d", schedule=None):
    PythonOperator(task_id="a", python_callable=work, pre_execute=before, post_execute=after)
""",
    "changed_later": f"""{BEGIN}
with DAG("d", schedule=None):
    a = PythonOperator(task_id="a", python_callable=lambda: say("a"))
    a.python_callable = lambda: say("changed")
    b = BashOperator(task_id="b", bash_command="echo one >> " + LINES)
    b.bash_command = "echo two >> " + LINES
""",
}
REFUSED = {
    "changed while building": f"""{BEGIN}
DONE = []
def work():
    say(DONE)
with DAG("d", schedule=None):
    for name in ("a", "b"):
        PythonOperator(task_id=name, python_callable=work)
        DONE.append(name)
""",
    "one name for two functions": f"""{BEGIN}
def work():
    say("one")
with DAG("d", schedule=None):
    PythonOperator(task_id="a", python_callable=work)
def work():
    say("two")
""",
    "parameters of one task": f"""{BEGIN}
def work(params):
    say(params)
with DAG("d", schedule=None, params={{"p": 1}}):
    PythonOperator(task_id="a", python_callable=work, params={{"q": 2}})
""",
    "templates in mapped values": f"""{BEGIN}
with DAG("d", schedule=None):
    BashOperator.partial(task_id="a").expand(bash_command=["echo {{{{ 2 }}}}"])
""",
}
"""What would be done otherwise."""
