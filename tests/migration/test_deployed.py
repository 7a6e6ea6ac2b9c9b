"""Converted DAGs as they are deployed by the written prefect.yaml and run by a worker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from engines.places import CHECKOUT
from engines.prefect import PrefectEngine
from engines.service import Service
from tests.migration.deployed_dags import FILES

pytestmark = [pytest.mark.prefect, pytest.mark.slow]
PREFECT = str(Path(sys.executable).with_name("prefect"))


def documented(paragraph: str, dag_id: str) -> list[str]:
    """Give the command that a paragraph of the docs shows, for a DAG."""
    text = (CHECKOUT / "docs" / "semantics.md").read_text().partition(f"\n## {paragraph}\n")[2]
    found = re.search(r"`prefect ([^`]+)`", text.partition("\n## ")[0])
    assert found, text
    return found[1].replace("NAME", dag_id).split()


@dataclass(frozen=True)
class Deployed:
    """The converted folder on a server, with a worker."""

    env: dict[str, str]
    api: str
    out: Path
    notes: Path

    def prefect(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Prefect's own command in the folder that was written."""
        return subprocess.run(
            [PREFECT, *arguments], env=self.env, cwd=self.out, capture_output=True, text=True,
            check=False, timeout=180,
        )  # fmt: skip

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the server."""
        if body is None:
            answer = httpx.get(f"{self.api}/{path}", trust_env=False)
        else:
            answer = httpx.post(f"{self.api}/{path}", json=body, trust_env=False)
        return answer.raise_for_status().json()

    def deployment(self, name: str) -> dict[str, Any]:
        """Give what the server knows of a deployment."""
        found: dict[str, Any] = self.ask(f"deployments/name/{name}/{name}")
        return found

    def ends(self, name: str, runs: int, **parameters: str) -> list[dict[str, Any]]:
        """Start runs at one moment, wait for all and give them."""
        path = f"deployments/{self.deployment(name)['id']}/create_flow_run"
        made = [self.ask(path, {"parameters": parameters}) for _ in range(runs)]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = [self.ask(f"flow_runs/{one['id']}") for one in made]
            if all(one["state_type"] in ("COMPLETED", "FAILED", "CRASHED") for one in found):
                return found
            time.sleep(0.2)
        raise AssertionError([one["state_name"] for one in found])

    def noted(self, name: str) -> list[str]:
        """Give what tasks have noted."""
        return (self.notes / name).read_text().splitlines()


@pytest.fixture(scope="module")
def deployed(prefect: PrefectEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Convert, deploy and serve the folder, each by the command that docs/convert.md gives."""
    folder = tmp_path_factory.mktemp("deployed")
    for name, text in FILES.items():
        (folder / "dags" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "dags" / name).write_text(text)
    (folder / "notes").mkdir()
    (folder / "worker").mkdir()
    command = [sys.executable, str(CHECKOUT / "replant.py"), "convert", "dags", "--out", "converted"]
    env = {**prefect.environment, "NOTES": str(folder / "notes"), "PREFECT_WORKER_QUERY_SECONDS": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = Deployed(env, f"{prefect.ui_url}/api", folder / "converted", folder / "notes")
    text = (CHECKOUT / "docs" / "convert.md").read_text()
    commands = [one.split() for one in re.findall(r"^prefect (.+?)(?: +#.*)?$", text, re.MULTILINE)]
    *before, serve = commands
    assert [one[:2] for one in before] == [["work-pool", "create"], ["--no-prompt", "deploy"]]
    for one in before:
        done = made.prefect(*one)
        assert done.returncode == 0, done.stdout + done.stderr
    log = folder / "worker.log"
    with Service("the worker", [PREFECT, *serve], log=log, env=env, cwd=folder / "worker"):
        yield made
    for one in made.ask("deployments/filter", {"work_pools": {"name": {"any_": ["default-pool"]}}}):
        httpx.delete(f"{made.api}/deployments/{one['id']}", trust_env=False)


def test_owners_are_tags_of_the_deployment(deployed: Deployed) -> None:
    found = deployed.deployment("owned")
    assert found["tags"] == ["nightly", "owner:ana", "owner:ben & co/ltd", "owner:data, team"]
    asked = {"deployments": {"tags": {"all_": ["owner:data, team"]}}}
    assert [one["name"] for one in deployed.ask("deployments/filter", asked)] == ["owned"]
    assert found["paused"] and [one["schedule"]["cron"] for one in found["schedules"]] == ["0 5 * * *"]


def test_what_runs_once_has_no_schedule_and_is_started_as_the_docs_say(deployed: Deployed) -> None:
    assert deployed.deployment("run.it-once")["schedules"] == []
    done = deployed.prefect(*documented("once", "run.it-once"), "--watch")
    assert done.returncode == 0 and "finished successfully" in done.stdout, done.stdout + done.stderr
    assert deployed.noted("once") == ["first", "second"]


def test_a_run_of_the_past_sees_its_date(deployed: Deployed) -> None:
    command = documented("catchup", "köln_täglich")
    done = deployed.prefect(*command, "--watch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert deployed.noted("dates") == ["2026-01-01 2026-01-02T00:00:00+00:00"]
    assert deployed.noted("template") == ["2026-01-01 2026-01-02"]
    (run,) = deployed.ends("monthly", 1, logical_date=command[-1].partition("=")[2])
    assert run["state_name"] == "Completed" and deployed.noted("monthly") == ["2026-01-01 2026-02-01"]
    other = deployed.prefect(*documented("catchup", "undated"))
    assert other.returncode == 1 and "does not accept parameters" in other.stdout


def overlap(runs: list[dict[str, Any]]) -> bool:
    first, second = sorted(runs, key=lambda one: str(one["start_time"]))
    return bool(second["start_time"] < first["end_time"])


def test_runs_wait_for_each_other_only_where_they_must(deployed: Deployed) -> None:
    assert deployed.deployment("one_by_one")["global_concurrency_limit"]["limit"] == 1
    runs = deployed.ends("one_by_one", 2)
    assert [one["state_name"] for one in runs] == ["Completed"] * 2 and not overlap(runs)
    # its one task at a time is one in each run
    runs = deployed.ends("side_by_side", 2)
    assert [one["state_name"] for one in runs] == ["Completed"] * 2 and overlap(runs)


def test_after_its_end_a_scheduled_run_does_nothing_and_one_of_the_past_its_work(deployed: Deployed) -> None:
    (run,) = deployed.ends("ended", 1)
    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Skipped")
    assert deployed.ask("task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}}) == []
    (run,) = deployed.ends("ended", 1, logical_date="2025-12-31T00:00:00+00:00")
    assert run["state_name"] == "Completed" and deployed.noted("ended") == ["2025-12-31"]


def test_the_report_names_what_is_deployed(deployed: Deployed) -> None:
    dags = json.loads((deployed.out / "MIGRATION.json").read_text())["dags"]
    found = deployed.ask("deployments/filter", {"work_pools": {"name": {"any_": ["default-pool"]}}})
    assert {one["name"] for one in found} == {one["dag_id"] for one in dags}
