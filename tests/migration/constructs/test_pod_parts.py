"""What a pod is given in Airflow's own words reaches Kubernetes' client in Kubernetes' words."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from migration.checker.run import Checker
from migration.entry import entry_of
from migration.places import Place
from migration.recorder.run import Limits, Recorder

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
FILE = """
from airflow import DAG
from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator
from airflow.contrib.kubernetes.secret import Secret
from airflow.contrib.kubernetes.volume import Volume
from airflow.contrib.kubernetes.volume_mount import VolumeMount
from airflow.contrib.kubernetes.pod_runtime_info_env import PodRuntimeInfoEnv
user = Secret("env", "user", "db", "username")
whole = Secret(deploy_type="env", deploy_target=None, secret="all")
files = Secret("volume", "/etc/keys", "keys")
with DAG("d", default_args={"is_delete_operator_pod": True}):
    KubernetesPodOperator(
        task_id="a", name="a", namespace="n", image="x", cmds=["run"], arguments=["{{ ds }}"],
        secrets=[user, whole, files], configmaps=["one"], env_vars={"A": "1"},
        volumes=[Volume("data", {"persistentVolumeClaim": {"claimName": "c"}})],
        volume_mounts=[VolumeMount("data", mount_path="/data", sub_path=None, read_only=True)],
        resources={"request_memory": "1Gi", "limit_cpu": 2, "limit_gpu": 1},
        pod_runtime_info_envs=[PodRuntimeInfoEnv("IP", "status.podIP")],
        image_pull_secrets="a,b", dnspolicy="ClusterFirst", ports=[{"containerPort": 80}],
        startup_timeout_seconds=300, termination_grace_period=0)
"""


def test_what_stays(converted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = converted(FILE)
    assert made.dag.status == "converted" and made.note("a.startup_timeout_seconds")[0] == "equivalent"
    asked: list[Any] = []

    class Core:
        def create_namespaced_pod(self, namespace: str, pod: Any) -> Any:
            asked.append((namespace, pod))
            return SimpleNamespace(metadata=SimpleNamespace(name="made"))

        def read_namespaced_pod(self, name: str, namespace: str) -> Any:
            return SimpleNamespace(status=SimpleNamespace(phase="Succeeded"))

        def read_namespaced_pod_log(self, name: str, namespace: str) -> str:
            return "said"

        def delete_namespaced_pod(self, name: str, namespace: str) -> None:
            asked.append(name)

    package, client, config = (ModuleType(f"kubernetes{one}") for one in ("", ".client", ".config"))
    client.__dict__.update(CoreV1Api=Core)
    config.__dict__.update(load_incluster_config=lambda: None)
    package.__dict__.update(client=client, config=config)
    for one in (package, client, config):
        monkeypatch.setitem(sys.modules, one.__name__, one)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert made.run().of("a") == "success" and asked[-1] == "made"
    namespace, pod = asked[0]
    (container,) = pod["spec"]["containers"]
    assert (namespace, container["image"], container["command"]) == ("n", "x", ["run"])
    assert container["env"] == [
        {"name": "A", "value": "1"},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "USER", "valueFrom": {"secretKeyRef": {"name": "db", "key": "username"}}},
    ]
    assert container["envFrom"] == [{"configMapRef": {"name": "one"}}, {"secretRef": {"name": "all"}}]
    assert container["volumeMounts"] == [
        {"name": "data", "mountPath": "/data", "readOnly": True},
        {"name": "secret-2", "mountPath": "/etc/keys", "readOnly": True},
    ]
    assert container["resources"] == {
        "requests": {"memory": "1Gi"},
        "limits": {"cpu": 2, "nvidia.com/gpu": 1},
    }
    assert pod["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "c"}},
        {"name": "secret-2", "secret": {"secretName": "keys"}},
    ]
    assert pod["spec"]["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}]
    assert pod["spec"]["terminationGracePeriodSeconds"] == 0


def test_what_is_lost_on_the_way_is_found(tmp_path: Path) -> None:
    file = tmp_path / "pods.py"
    file.write_text(FILE)
    with Recorder(limits=Limits(seconds=60)) as recorder, Checker(limits=Limits(seconds=60)) as checker:
        entry = entry_of(Place(file, tmp_path), recorder, checker, None)
        recording = recorder.record(file, [tmp_path])
        assert [dag["status"] for dag in entry.dags] == ["converted"], entry.dags[0]["problems"]
        for lost in (
            "'x'",
            "'run'",
            '"x"',
            '"run"',
            '"username"',
            '"db"',
            '"all"',
            '"keys"',
            '"one"',
            '"/data"',
            '"n"',
        ):
            text = entry.text.replace(lost, '"other"').replace(lost.replace('"', "'"), '"other"')
            found = checker.check(
                recording, entry.path, {entry.path: text}, entry.dags, entry.deployments, []
            )
            assert text == entry.text or found["d"], lost


def test_what_is_only_known_at_run_time_is_refused(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.models import Variable
        from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
        with DAG("d"):
            KubernetesPodOperator(task_id="a", image="x", secrets=Variable.get("secrets"))
            KubernetesPodOperator(task_id="b", image="x", do_xcom_push=True)
    """)
    assert made.note("a.secrets")[0] == made.note("b.do_xcom_push")[0] == "refused"
    assert made.run().state == "FAILED"
