"""DAG files for `test_beside_airflow.py`, by subject. `LINES`: the file that their tasks write to."""

from __future__ import annotations

BEGIN = """
from airflow import DAG
from airflow.models import BaseOperator
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
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
}
