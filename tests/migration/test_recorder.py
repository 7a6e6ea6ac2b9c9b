"""The recorder gives the true graph, with the place of each call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migration.graph import Dag, Recording
from migration.recorder.run import Limits, Recorder

Record = Callable[[str], Recording]


def edges(dag: Dag) -> set[tuple[str, str]]:
    """Give the edges as pairs."""
    return {(edge.upstream, edge.downstream) for edge in dag.edges}


@pytest.mark.parametrize(
    ("imports", "arguments"),
    [
        ("from airflow.operators.bash_operator import BashOperator", "schedule_interval='@daily'"),
        ("from airflow.operators.bash import BashOperator", "schedule_interval='@daily'"),
        ("from airflow.providers.standard.operators.bash import BashOperator", "schedule='@daily'"),
    ],
)
def test_each_generation_of_import_paths(recorded: Record, imports: str, arguments: str) -> None:
    found = recorded(
        f"from airflow import DAG\n{imports}\n"
        f"with DAG('d', {arguments}, default_args={{'retries': 2, 'owner': 'me'}}) as dag:\n"
        "    a = BashOperator(task_id='a', bash_command='date')\n"
        "    b = BashOperator(\n        task_id='b', bash_command='true', retries=0)\n"
        "    a >> b\n"
    )
    dag = found.dags[0]
    assert edges(dag) == {("a", "b")}
    assert (dag.task("a").get("retries"), dag.task("b").get("retries")) == (2, 0)
    assert dag.task("a").operator == "BashOperator"
    assert (dag.task("b").spot.line, dag.edges[0].line) == (5, 7)
    assert {argument.name: argument.origin for argument in dag.task("a").arguments} == {
        "bash_command": "call", "retries": "default_args", "owner": "default_args"
    }  # fmt: skip


def test_loops_factories_and_globals(recorded: Record) -> None:
    found = recorded("""
        from airflow import DAG
        from airflow.operators.dummy_operator import DummyOperator
        def make(name, n):
            dag = DAG(name, schedule_interval=None)
            with dag:
                tasks = [DummyOperator(task_id=f"t{i}") for i in range(n)]
                for left, right in zip(tasks, tasks[1:]):
                    left.set_downstream(right)
            return dag
        for size in (2, 3):
            globals()[f"dag_{size}"] = make(f"dag_{size}", size)
    """)
    assert [(dag.dag_id, len(dag.tasks), len(dag.edges)) for dag in found.dags] == [
        ("dag_2", 2, 1),
        ("dag_3", 3, 2),
    ]


def test_taskflow_results_groups_and_mapping(recorded: Record) -> None:
    found = recorded("""
        from airflow.decorators import dag, task, task_group
        @dag(schedule=None)
        def flow(size: int = 3):
            @task(multiple_outputs=True)
            def read(): return {"a": 1}
            @task
            def add(x, y): return x + y
            @task_group
            def inner(value):
                return add.partial(y=value).expand(x=[1, 2])
            got = read()
            inner(got["a"])
            add(got["a"], size)
            add(1, 2)
        flow()
    """)
    dag = found.dags[0]
    assert [task.task_id for task in dag.tasks] == ["read", "inner.add", "add", "add__1"]
    assert edges(dag) == {("read", "inner.add"), ("read", "add")}
    mapped = dag.task("inner.add")
    assert mapped.mapping is not None and mapped.mapping.arguments == {"x": [1, 2]}
    assert dag.task("add").get("call_arguments")["x"] == {"$result": "read", "key": "a", "steps": []}
    assert dag.arguments["params"] == {"size": 3}


def test_an_own_operator_runs_its_own_init(recorded: Record) -> None:
    found = recorded("""
        from airflow.models import DAG, BaseOperator
        from airflow.utils.decorators import apply_defaults
        class Fetch(BaseOperator):
            @apply_defaults
            def __init__(self, conn_id, n=1, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.n = n * 2
        with DAG("d", default_args={"conn_id": "c", "retries": 1}):
            t = Fetch(task_id="t", n=4)
            t.trigger_rule = "all_done"
    """)
    task = found.dags[0].task("t")
    assert task.own and task.operator == "Fetch"
    assert {a.name: (a.value, a.origin) for a in task.arguments} == {
        "n": (4, "own"), "retries": (1, "default_args"), "conn_id": ("c", "default_args"),
        "trigger_rule": ("all_done", "set later"),
    }  # fmt: skip


def test_symbols_are_kept_and_decisions_on_them_reported(recorded: Record) -> None:
    found = recorded("""
        from airflow import DAG
        from airflow.models import Variable
        from airflow.operators.bash import BashOperator
        import some_module_that_is_not_there as other
        env = Variable.get("env")
        with DAG("d"):
            BashOperator(task_id="a", bash_command=f"echo {env}", cwd=other.folder)
            if env == "prod":
                BashOperator(task_id="b", bash_command="x")
    """)
    task = found.dags[0].task("a")
    assert task.get("bash_command") == "echo \u27e6Variable.get('env')\u27e7"
    assert task.get("cwd") == {"$symbol": "some_module_that_is_not_there.folder"}
    assert [line for line, _ in found.doubts] == [9]
    assert found.missing_modules == ("some_module_that_is_not_there",)
    assert found.names_read == (("variable", "env"),)


def test_chain_labels_and_setup_teardown(recorded: Record) -> None:
    found = recorded("""
        from airflow.sdk import DAG, Label, chain, setup, task, teardown
        with DAG("d"):
            @setup
            def up(): ...
            @task
            def work(): ...
            @teardown
            def down(): ...
            with down().as_teardown(setups=up()):
                work() >> Label("yes") >> work()
    """)
    dag = found.dags[0]
    assert edges(dag) == {("up", "down"), ("work", "work__1"), ("up", "work"), ("work__1", "down")}
    assert [edge.label for edge in dag.edges if edge.upstream == "work"] == ["yes"]
    assert dag.task("down").marks == {"teardown": True} and dag.task("up").marks == {"setup": True}


def test_setups_inside_a_teardown_block_are_not_linked(recorded: Record) -> None:
    found = recorded("""
        from airflow.sdk import DAG, setup, task, teardown
        with DAG("d"):
            @setup
            def up(): ...
            @task
            def work(): ...
            @teardown
            def down(): ...
            with down.override(task_id="outer_down")().as_teardown(setups=up.override(task_id="outer_up")()):
                up() >> work() >> down()
    """)
    inner = {("up", "work"), ("work", "down")}
    assert edges(found.dags[0]) == {("outer_up", "outer_down"), *inner}


def test_what_airflow_would_not_load_is_unreadable_with_its_line(recorded: Record) -> None:
    twice = (
        "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator as E\nwith DAG('d'):\n"
    )
    twice += "    E(task_id='a')\n    E(task_id='a')\n"
    assert str(recorded(twice).reason).startswith("line 5: DuplicateTaskId")
    assert str(recorded("x = (").reason).startswith("line 1: SyntaxError")


def test_two_servers_record_the_same(tmp_path: Path) -> None:
    """Each server hashes texts in its own way; the order of what it gives does not hang on that."""
    names = [f"name_{number}" for number in range(9)]
    file = tmp_path / "d.py"
    file.write_text(
        "from airflow import DAG\nfrom airflow.models import BaseOperator\n"
        "class Own(BaseOperator):\n"
        f"    template_fields = {names}\n"
        f"    def __init__(self, {', '.join(names)}, **kwargs):\n        super().__init__(**kwargs)\n"
        + "".join(f"        self.{name} = {name} + '!'\n" for name in names)
        + "with DAG('d', tags={'a', 'b', 'c', 'd'}, params={'x': {3, 1, 2}}):\n"
        f"    Own(task_id='t', {', '.join(f'{name}={name!r}' for name in names)}, retries=2)\n"
    )
    found = []
    for _ in range(2):
        with Recorder(limits=Limits(seconds=20)) as recorder:
            found.append(recorder.record(file, [tmp_path]))
    [task] = found[0].dags[0].tasks
    assert [one.name for one in task.arguments][:9] == names and found[0] == found[1]
