"""Whether a pipeline's settings are in step in an environment, which `deployment.py` asks first."""

from __future__ import annotations

from blocks.checking import drifts
from blocks.environments import SLACK_VARIABLE, SettingsEnvironment, load_environment
from blocks.mirror import read_mirror
from blocks.planning import make_plan
from blocks.prefect_address import find_address
from blocks.prefect_api import PrefectApi
from blocks.sources import absolute, gather
from blocks.wanted import wanted
from pipelines.catalog import find


def settings_out_of_step(pipeline: str, env: str) -> list[str]:
    """Say which of the pipeline's settings Prefect does not have as the environment's sources have them.

    One sentence each, without a value. An environment whose file names no source is not mirrored, so
    nothing in it can be out of step: the answer is empty.
    Raises CannotProceedError if the sources or Prefect cannot be read.
    """
    environment = load_environment(env)
    if not environment.sources and environment.airflow_python is None:
        return []
    active = find_address()
    meant = find_address(profile=environment.profile, url=environment.api_url)
    if active.url != meant.url:
        return [f"{env} is for the Prefect API at {meant.shown}, but the active one is {active.shown}."]
    with PrefectApi(active) as api:
        return _sentences(pipeline, env, environment, api)


def _sentences(pipeline: str, env: str, environment: SettingsEnvironment, api: PrefectApi) -> list[str]:
    needed = f"connection/{find(pipeline).airflow_connection}"
    asked = {needed, SLACK_VARIABLE}
    mirror = read_mirror(api, environment.ledger)
    sources = [absolute(source) for source in environment.sources]
    found = gather(sources, environment.airflow_python, {*environment.rules.names, *mirror.ledger}).found
    plan = make_plan(wanted(found, environment.rules), mirror)
    sentences = [
        f"{drift.setting}: {drift.what}."
        for drift in drifts(plan, mirror, environment.rules)
        if drift.setting in asked
    ]
    if all(step.wanted.reference != needed for step in plan.steps):
        sentences.append(f"{needed}: the sources of {env} do not have it.")
    return sentences
