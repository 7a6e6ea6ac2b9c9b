"""DockerOperator and KubernetesPodOperator, against clients that note what they are asked.

No container runs here: what Docker or a cluster would do with it is not tested.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.providers.docker.operators.docker import DockerOperator
        with DAG("d"):
            DockerOperator(task_id="a", image="x", docker_conn_id="registry")
    """)
    assert made.dag.status == "refused" and made.run().of("a") == "failed"


def test_a_container_gives_its_last_line_and_fails_with_its_status(
    converted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.providers.docker.operators.docker import DockerOperator
        with DAG("d", schedule_interval="@daily"):
            DockerOperator(task_id="good", image="cruncher:1", command=["run", "{{ ds }}"],
                           auto_remove="success", environment={"A": "1"}, network_mode="host", cpus=0.5)
            DockerOperator(task_id="bad", image="broken")
    """)
    assert made.dag.status == "converted" and made.note("good.image")[0] == "equivalent"
    asked: list[Any] = []

    class Container:
        def __init__(self, image: str) -> None:
            self.image = image

        def logs(self, **_: Any) -> list[bytes]:
            return [b"one\n", b"two\n"]

        def wait(self) -> dict[str, int]:
            return {"StatusCode": int(self.image == "broken")}

        def remove(self, force: bool) -> None:
            asked.append(("removed", self.image))

    def run(image: str, command: Any, **options: Any) -> Container:
        asked.append((image, command, options))
        return Container(image)

    import docker  # type: ignore[import-untyped]

    client = SimpleNamespace(containers=SimpleNamespace(run=run))
    monkeypatch.setattr(docker, "from_env", lambda: client)
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    assert (ran.of("good"), ran.of("bad"), ran.state) == ("success", "failed", "FAILED")
    options = {"detach": True, "environment": {"A": "1"}, "network_mode": "host", "nano_cpus": 500_000_000}
    assert ("cruncher:1", ["run", "2026-03-29"], options) in asked
    assert ("broken", None, {"detach": True}) in asked and asked.count(("removed", "cruncher:1")) == 1
    assert ("removed", "broken") not in asked


def test_a_pod_is_made_watched_and_deleted(converted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pods: dict[str, Any] = {}

    class Core:
        def create_namespaced_pod(self, namespace: str, pod: Any) -> Any:
            name = pod["metadata"]["generateName"] + str(len(pods))
            pods[name] = {"namespace": namespace, **pod}
            return SimpleNamespace(metadata=SimpleNamespace(name=name))

        def read_namespaced_pod(self, name: str, namespace: str) -> Any:
            failed = pods[name]["spec"]["containers"][0]["image"] == "broken"
            return SimpleNamespace(status=SimpleNamespace(phase="Failed" if failed else "Succeeded"))

        def read_namespaced_pod_log(self, name: str, namespace: str) -> str:
            return "said"

        def delete_namespaced_pod(self, name: str, namespace: str) -> None:
            pods[name]["deleted"] = True

    package, client, config = (ModuleType(f"kubernetes{one}") for one in ("", ".client", ".config"))
    models = SimpleNamespace(V1Volume=lambda **given: given)
    client.__dict__.update(CoreV1Api=Core, models=models)
    config.__dict__.update(load_incluster_config=lambda: None, load_kube_config=lambda *_: None)
    package.__dict__.update(client=client, config=config)
    made = converted("""
        import os
        from airflow import DAG
        from airflow.models import Variable
        from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
        from kubernetes.client import models as k8s
        with DAG("d"):
            KubernetesPodOperator(task_id="good", name="a_pod", image="cruncher:1", cmds=["run"],
                namespace="n", env_vars={"WHO": "me:" + os.environ["POD_OWNER"]},
                volumes=[k8s.V1Volume(name="data")], is_delete_operator_pod=True, in_cluster=True)
            KubernetesPodOperator(task_id="bad", image="broken", on_finish_action="keep_pod")
    """)
    assert made.dag.status == "converted", made.text
    for one in (package, client, config):
        monkeypatch.setitem(sys.modules, one.__name__, one)
    monkeypatch.setenv("POD_OWNER", "us")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    ran = made.run()
    assert (ran.of("good"), ran.of("bad"), ran.state) == ("success", "failed", "FAILED")
    good = next(pod for name, pod in pods.items() if name.startswith("a-pod-"))
    bad = next(pod for name, pod in pods.items() if name.startswith("bad-"))
    assert good["namespace"] == "n" and good["deleted"] and "deleted" not in bad
    container = good["spec"]["containers"][0]
    assert (container["image"], container["command"]) == ("cruncher:1", ["run"])
    assert container["env"][0]["value"] == "me:us" and good["spec"]["volumes"] == [{"name": "data"}]


def test_a_pod_on_a_cluster_of_googles(converted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.providers.google.cloud.operators.kubernetes_engine import GKEStartPodOperator
        cluster = {"project_id": "p", "location": "l", "cluster_name": "c"}
        with DAG("d"):
            GKEStartPodOperator(task_id="good", name="a", image="x", namespace="n",
                                use_internal_ip=True, **cluster)
            GKEStartPodOperator(task_id="as_another", name="a", image="x", impersonation_chain="y", **cluster)
    """)
    assert made.note("good.cluster_name")[0] == "equivalent"
    assert made.note("as_another.impersonation_chain")[0] == "refused"
    asked: list[Any] = []
    known = {
        "masterAuth": {"clusterCaCertificate": "Y2VydA=="}, "endpoint": "1.1.1.1",
        "privateClusterConfig": {"privateEndpoint": "10.0.0.1"},
    }  # fmt: skip

    class Session:
        def __init__(self, credentials: Any) -> None:
            self.credentials = credentials

        def get(self, url: str) -> Any:
            asked.append(url)
            return SimpleNamespace(raise_for_status=lambda: None, json=lambda: known)

    class Core:
        def __init__(self, configuration: Any) -> None:
            asked.append((configuration.host, configuration.api_key["authorization"]))
            asked.append(Path(configuration.ssl_ca_cert).read_text())

        def create_namespaced_pod(self, namespace: str, pod: Any) -> Any:
            asked.append(namespace)
            return SimpleNamespace(metadata=SimpleNamespace(name="made"))

        def read_namespaced_pod(self, name: str, namespace: str) -> Any:
            return SimpleNamespace(status=SimpleNamespace(phase="Succeeded"))

        def read_namespaced_pod_log(self, name: str, namespace: str) -> str:
            return "said"

        def delete_namespaced_pod(self, name: str, namespace: str) -> None:
            asked.append("deleted")

    credentials: Any = SimpleNamespace(
        valid=False, token="", refresh=lambda _: setattr(credentials, "token", "t")
    )
    modules: dict[str, dict[str, Any]] = {
        "kubernetes": {}, "google": {}, "google.auth": {"default": lambda scopes: (credentials, "p")},
        "google.auth.transport": {},
        "google.auth.transport.requests": {"AuthorizedSession": Session, "Request": object},
        "kubernetes.client": {
            "CoreV1Api": Core, "ApiClient": lambda configuration: configuration,
            "Configuration": lambda: SimpleNamespace(api_key={}),
        },
    }  # fmt: skip
    for name, content in modules.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
        if "." in name:
            setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert made.run().of("good") == "success"
    assert asked == [
        "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c",
        ("https://10.0.0.1", "Bearer t"), "cert", "n", "deleted",
    ]  # fmt: skip
