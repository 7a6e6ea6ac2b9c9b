"""An author's own operator and sensor: the class goes along."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.models import BaseOperator
        from airflow.sensors.base import BaseSensorOperator
        got = []
        class Add(BaseOperator):
            template_fields = ("text",)
            def __init__(self, value, text, **kwargs):
                super().__init__(**kwargs)
                self.value, self.text = value, text
            def execute(self, context):
                got.append((self.value, self.text, context["ds"]))
                return self.value + 1
        class Ready(BaseSensorOperator):
            def poke(self, context): return True
        with DAG("d", schedule_interval="@daily"):
            Ready(task_id="ready", poke_interval=1) >> Add(
                task_id="add", value=3, text="{{ ds_nodash }}", retries=1)
    """)
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert (made.dag.status, ran.of("ready"), ran.of("add")) == ("converted", "success", "success")
    assert ran.module.got == [(3, "20260329", "2026-03-29")]
    assert made.note("add.value")[0] == "equivalent"


OWN = """
        from airflow import DAG
        from airflow.exceptions import AirflowSkipException
        from airflow.models import BaseOperator
        from airflow.sensors.base import BaseSensorOperator
        got = []
        class Add(BaseOperator):
            template_fields = ("text",)
            ui_color = "#fff"
            # the values
            def __init__(self, value: int, *, text: str = "{{ ds_nodash }}", **kwargs) -> None:
                super().__init__(**kwargs)
                self.value, self.text = value, text
            def execute(self, context):
                # what it does
                self.log.info("adding to %s", self.value)
                got.append((self.value, self.text))
                return self.value + 1
        class Ready(BaseSensorOperator):
            asked = 0
            def poke(self, context):
                Ready.asked += 1
                return Ready.asked > 2
"""


def test_without_context_it_is_a_class_of_its_own(converted: Any) -> None:
    made = converted(f"""{OWN}
        with DAG("d", schedule_interval="@daily"):
            Ready(task_id="ready", poke_interval=0.1) >> Add(task_id="add", value=3, retries=1) >> Add(
                task_id="more", value=4, text="x"
            ) >> Add.partial(task_id="all", text="y").expand(value=[7, 8])
    """)
    assert made.dag.status == "converted" and "replant_" not in made.text, made.text
    assert "BaseOperator" not in made.text and "template_fields" not in made.text and "**" not in made.text
    assert "# the values" in made.text and "# what it does" in made.text
    assert "return Add(value=value, text=text).execute()" in made.text
    ran = made.run(logical_date=datetime(2026, 3, 29, tzinfo=UTC))
    assert ran.state == "COMPLETED" and ran.module.Ready.asked == 3
    assert ran.module.got[:2] == [(3, "20260329"), (4, "x")]
    assert sorted(ran.module.got[2:]) == [(7, "y"), (8, "y")]


LOGS, INIT = "self.log.info(", "__init__(**kwargs)"
KEPT = {
    "nothing": (OWN, "", False),
    "it reads its context": (OWN.replace(LOGS, 'self.log.info(context["ds"] + '), "", True),
    "it uses its base": (OWN.replace(LOGS, "self.log.info(self.dag.dag_id + "), "", True),
    "it gives itself away": (OWN.replace(LOGS, "self.log.info(str(id(self)) + "), "", True),
    "Airflow calls more of it": (
        OWN.replace("def execute(", "def post_execute(self, context, result): pass|def execute(").replace(
            "|", chr(10) + " " * 12
        ),
        "",
        True,
    ),
    "it may skip": (OWN.replace(LOGS, "raise AirflowSkipException("), "", True),
    "another class builds on it": (OWN, "class More(Add): pass", True),
    "its base gets more": (OWN.replace(INIT, "__init__(owner=text, **kwargs)"), "", True),
    "a comment would be lost": (OWN.replace(INIT, f"{INIT}  # Airflow's"), "", True),
}


@pytest.mark.parametrize("case", KEPT)
def test_what_uses_its_base_keeps_it(converted: Any, case: str) -> None:
    classes, more, stays = KEPT[case]
    made = converted(f"""{classes}
        {more}
        with DAG("d", schedule=None):
            Add(task_id="add", value=3, text="x")
            {'More(task_id="m", value=3, text="x")' if more else ""}
    """)
    assert made.dag.status == "converted"
    assert ("class Add(BaseOperator)" in made.text) == ("replant_" in made.text) == stays, made.text


def test_a_class_of_a_module_is_made_in_a_plain_task(converted: Any, tmp_path: Any) -> None:
    (tmp_path / "dags").mkdir(exist_ok=True)
    (tmp_path / "dags" / "own_classes.py").write_text(
        "from airflow.models import BaseOperator\n"
        "class Double(BaseOperator):\n"
        "    def __init__(self, value, **kwargs):\n"
        "        super().__init__(**kwargs)\n"
        "        self.value = value\n"
        "    def execute(self, context):\n"
        "        return 2 * self.value\n"
        "class Dated(BaseOperator):\n"
        "    def execute(self, context):\n"
        "        return context['ds']\n"
    )
    for name, stays in (("Double", False), ("Dated", True)):
        made = converted(f"""
            from airflow import DAG
            from own_classes import {name}
            with DAG("d", schedule=None):
                {name}(task_id="t"{", value=4" if name == "Double" else ""})
        """)
        assert made.dag.status == "converted" and ("get_current_context" in made.text) == stays, made.text
        assert ("execute({})" in made.text) != stays


OF_ITS_OWN = {
    "in __init__": ("self.path = '/data/{{ ds }}/' + name", ""),
    "of the class": ("pass", "path = '{{ ds }}'"),
    "by a constant": ("self.path = DAY + name", ""),
    "out of a file": ("self.path = name", "template_ext = ('.sql',)"),
}


@pytest.mark.parametrize("case", OF_ITS_OWN)
def test_templates_that_a_class_makes_by_itself_are_refused(converted: Any, case: str) -> None:
    init, inside = OF_ITS_OWN[case]
    made = converted(f"""
        from airflow import DAG
        from airflow.models import BaseOperator
        DAY = "{{{{ ds }}}}"
        class Path(BaseOperator):
            template_fields = ("path",)
            {inside}
            def __init__(self, name, **kwargs):
                super().__init__(**kwargs)
                {init}
            def execute(self, context):
                print(self.path)
        with DAG("d", schedule="@daily"):
            Path(task_id="t", name="x.sql")
    """)
    assert made.dag.status != "converted"
    assert "would read the file x.sql" in str(made.dag) or "makes a template of its own" in str(made.dag)


def test_an_argument_that_the_class_does_nothing_with_can_be_given(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.models import BaseOperator
        got = []
        class Lazy(BaseOperator):
            def __init__(self, value, **kwargs):
                super().__init__(**kwargs)
            def execute(self, context):
                got.append(1)
        with DAG("d", schedule=None):
            Lazy(task_id="t", value=4)
    """)
    ran = made.run()
    assert (made.dag.status, ran.state, ran.module.got) == ("converted", "COMPLETED", [1])
