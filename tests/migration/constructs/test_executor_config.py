"""executor_config: the size and place of a pod are left out, what the task may need is refused."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FILE = """
from airflow.decorators import dag, task
from kubernetes.client import models as k8s
done = []
@dag(dag_id="d")
def build():
    @task(executor_config={config})
    def work():
        done.append(1)
    work()
build()
"""
POD = "{'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='base', %s)], %s))}"
SIZE = "resources=k8s.V1ResourceRequirements(requests={'memory': '512Mi'})"
PLACE = "tolerations=[k8s.V1Toleration(key='dedicated')]"


def test_what_stays(converted: Any) -> None:
    config = POD % ("volume_mounts=[k8s.V1VolumeMount(name='v')]", "volumes=[k8s.V1Volume(name='v')]")
    made = converted(FILE.format(config=config))
    status, note = made.note("work.executor_config")
    assert status == "refused" and "volume_mounts, volumes" in note
    assert made.run().of("work") == "failed"


@pytest.mark.parametrize(
    "config",
    [
        "{'KubernetesExecutor': {'image': 'other'}}",
        "{'KubernetesExecutor': {'env_vars': {'A': '1'}}}",
        POD % ("env=[k8s.V1EnvVar(name='A', value='1')]", PLACE),
        "{'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='base'), "
        "k8s.V1Container(name='sidecar')]))}",
        "{'SomeExecutor': {'cpu': 1}}",
    ],
)
def test_what_the_task_may_need_is_refused(converted: Any, config: str) -> None:
    assert converted(FILE.format(config=config)).note("work.executor_config")[0] == "refused"


def test_size_and_place_are_the_work_pools(converted: Any) -> None:
    for config in (POD % (SIZE, PLACE), "{'KubernetesExecutor': {'request_cpu': '1', 'labels': {'a': 'b'}}}"):
        made = converted(FILE.format(config=config))
        assert made.dag.status == "converted" and made.note("work.executor_config")[0] == "equivalent"
    ran = made.run()
    assert ran.of("work") == "success" and ran.module.done == [1]
