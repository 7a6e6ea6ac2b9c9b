"""HTTP operators and the sensor, against a service that notes what it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


class Service(BaseHTTPRequestHandler):
    """Says what it was asked; not there at first under /late."""

    asked: ClassVar[list[tuple[str, str, str, str | None]]] = []

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        times = sum(path == self.path for _, path, _, _ in self.asked)
        self.asked.append((self.command, self.path, body, self.headers.get("X-Key")))
        broken = self.path.startswith("/api/broken")
        self.send_response(500 if broken else 404 if "late" in self.path and not times else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"times": times}).encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service(prefect_server: None) -> Iterator[list[Any]]:
    """Give what the service was asked; its address is the block my-api."""
    from prefect.blocks.webhook import Webhook

    Service.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/api"
    block = Webhook.model_validate({"url": address, "headers": {"X-Key": "k"}})
    block.save("my-api", overwrite=True)
    yield Service.asked
    server.shutdown()
    server.server_close()


def test_what_stays(converted: Any) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.providers.http.operators.http import HttpOperator
        with DAG("d"):
            HttpOperator(task_id="a", endpoint="x", pagination_function=lambda answer: None)
            HttpOperator(task_id="b", endpoint="x", extra_options={"check_response": False})
    """)
    ran = made.run()
    assert made.dag.status == "refused" and (ran.of("a"), ran.of("b")) == ("failed", "failed")


def test_requests_reach_the_service(converted: Any, service: list[Any]) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from airflow.providers.http.operators.http import SimpleHttpOperator
        def is_new(response): return response.json()["times"] == 0
        got = []
        def keep(value): got.append(value)
        with DAG("d", schedule_interval="@daily"):
            query = SimpleHttpOperator(
                task_id="query", http_conn_id="my_api", method="GET", endpoint="of/{{ ds }}",
                data={"a": "1"}, response_check=is_new, response_filter=lambda answer: answer.json()["times"])
            send = SimpleHttpOperator(task_id="send", http_conn_id="my_api", endpoint="/in", data="body",
                headers={"X-Key": "other"}, log_response=True, extra_options={"timeout": 9})
            send >> SimpleHttpOperator(
                task_id="refuses", http_conn_id="my_api", endpoint="in", response_check=is_new)
            SimpleHttpOperator(task_id="broken", http_conn_id="my_api", endpoint="broken")
            for one in (query, send):
                PythonOperator(task_id="after_" + one.task_id, python_callable=keep, op_args=[one.output])
    """)
    assert made.dag.status == "converted", made.dag.items
    assert made.note("query.http_conn_id")[0] == "equivalent"
    ran = made.run(logical_date="2026-03-29T00:00:00+00:00")
    states = [ran.of(name) for name in ("query", "send", "refuses", "broken", "after_query")]
    assert states == ["success", "success", "failed", "failed", "success"]
    assert sorted(ran.module.got, key=str) == [0, '{"times": 0}']
    assert ("GET", "/api/of/2026-03-29?a=1", "", "k") in service
    assert ("POST", "/api/in", "body", "other") in service


def test_a_sensor_asks_again_while_nothing_is_there(converted: Any, service: list[Any]) -> None:
    made = converted("""
        from airflow import DAG
        from airflow.providers.http.sensors.http import HttpSensor
        with DAG("d"):
            HttpSensor(task_id="late", http_conn_id="my_api", endpoint="late", request_params={"b": "2"},
                       poke_interval=0.1, response_check=lambda response: response.json()["times"] > 1)
            HttpSensor(task_id="broken", http_conn_id="my_api", endpoint="broken", poke_interval=0.1)
    """)
    assert made.dag.status == "converted", made.dag.items
    ran = made.run()
    assert (ran.of("late"), ran.of("broken")) == ("success", "failed")
    assert service.count(("GET", "/api/late?b=2", "", "k")) == 3
    assert service.count(("GET", "/api/broken", "", "k")) == 1
