"""What `plan`, `apply`, `check` and `export` do; they print no value but those of plain Variables."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from blocks.applying import Outcome, apply, due
from blocks.checking import drifts
from blocks.digests import digester
from blocks.environments import SettingsEnvironment, load_environment
from blocks.exporting import make_export, write_export
from blocks.mirror import Mirror, read_mirror
from blocks.plan_file import Origin, plan_document, read_plan, write_plan
from blocks.planning import Plan, make_plan
from blocks.prefect_address import find_address
from blocks.prefect_api import PrefectApi
from blocks.showing import Progress, say, show_drifts, show_outcomes, show_plan
from blocks.sources import AIRFLOW, absolute, gather
from blocks.wanted import wanted
from pipelines.errors import CannotProceedError


@dataclass(frozen=True)
class Question:
    """What is compared: which sources, in which environment."""

    sources: tuple[str, ...]
    airflow_python: Path | None
    environment: SettingsEnvironment
    take_over: bool = False


def question(options: argparse.Namespace) -> Question:
    """Give what the options and the environment's file ask; options go before the file."""
    environment = load_environment(options.env)
    given = tuple(absolute(source) for group in options.sources for source in group)
    python = options.airflow_python or environment.airflow_python
    sources = given or tuple(absolute(source) for source in environment.sources)
    if options.airflow_python is not None and not given:
        sources = ()
    return Question(sources, python, environment, getattr(options, "take_over", False))


def opened(environment: SettingsEnvironment) -> PrefectApi:
    """Give the Prefect API of an environment. Raises CannotProceedError if none is configured."""
    return PrefectApi(find_address(profile=environment.profile, url=environment.api_url))


def answer(asked: Question, api: PrefectApi) -> tuple[Plan, Mirror]:
    """Read both sides and compare them. Raises CannotProceedError."""
    mirror = read_mirror(api, asked.environment.ledger)
    rules = asked.environment.rules
    if asked.airflow_python or any(source.startswith(AIRFLOW) for source in asked.sources):
        say("reading the settings of the live Airflow")
    gathered = gather(asked.sources, asked.airflow_python, {*rules.names, *mirror.ledger})
    for warning in gathered.warnings:
        say(f"warning: {warning}")
    return make_plan(wanted(gathered.found, rules), mirror, take_over=asked.take_over), mirror


def run_plan(options: argparse.Namespace) -> int:
    """Plan; exit code 0."""
    asked = question(options)
    with opened(asked.environment) as api:
        plan, _ = answer(asked, api)
        origin = Origin(
            asked.sources,
            str(asked.airflow_python.absolute()) if asked.airflow_python else None,
            _environment_name(asked.environment),
            api.address.shown,
            asked.environment.ledger,
            asked.take_over,
        )
    document = plan_document(plan, origin, digester()) if options.plan or options.json else {}
    if options.plan:
        write_plan(options.plan, document)
    if options.json:
        print(json.dumps(document, indent=1))
    else:
        show_plan(plan, options.plan)
    return 0


def run_apply(options: argparse.Namespace) -> int:
    """Apply a plan; exit code 0, or 2 if a setting was refused."""
    file = read_plan(options.plan)
    origin = file.origin
    environment = load_environment(origin.environment)
    python = Path(origin.airflow_python) if origin.airflow_python else None
    asked = Question(origin.sources, python, environment, origin.take_over)
    with opened(environment) as api:
        if api.address.shown != origin.prefect_url:
            raise CannotProceedError(
                f"The plan is for the Prefect API at {origin.prefect_url}, but the active one is "
                f"{api.address.shown}. Choose that one, or plan again for this one."
            )
        plan, _ = answer(asked, api)
        steps = due(plan, file, digester(may_create=False))
        if steps:
            say(f"writing {len(steps)} settings to the Prefect API at {api.address.shown}")
        with Progress(len(steps), "settings written") as progress:
            outcomes = tuple(apply(api, steps, environment.ledger, progress.advance))
    conflicts = [step.setting for step in file.steps if step.action == "conflict"]
    if options.json:
        print(json.dumps(_outcomes_as_json(outcomes, conflicts, len(file.steps)), indent=1))
    else:
        show_outcomes(outcomes, conflicts, len(file.steps))
    return 2 if any(outcome.error for outcome in outcomes) else 0


def _outcomes_as_json(outcomes: Iterable[Outcome], conflicts: list[str], planned: int) -> dict[str, object]:
    return {
        "planned": planned,
        "written": [each.step.wanted.reference for each in outcomes if each.error is None],
        "failed": {each.step.wanted.reference: each.error for each in outcomes if each.error},
        "conflicts": conflicts,
    }


def run_check(options: argparse.Namespace) -> int:
    """Check; exit code 0 if both sides are in step, else 1."""
    asked = question(options)
    with opened(asked.environment) as api:
        plan, mirror = answer(asked, api)
    found = drifts(plan, mirror, asked.environment.rules)
    if options.json:
        entries = [{"setting": each.setting, "side": each.side, "what": each.what} for each in found]
        print(json.dumps({"settings": len(plan.steps), "drift": entries}, indent=1))
    else:
        show_drifts(found, len(plan.steps))
    return 1 if found else 0


def run_export(options: argparse.Namespace) -> int:
    """Export; exit code 0."""
    environment = load_environment(options.env)
    with opened(environment) as api:
        mirror = read_mirror(api, environment.ledger)
    if not mirror.ledger:
        raise CannotProceedError(
            f"Nothing was mirrored into the Prefect API at {api.address.shown}, so nothing can be exported. "
            "`replant blocks plan` and `apply` mirror Airflow's settings there."
        )
    export = make_export(mirror)
    paths = write_export(options.out, export)
    if options.json:
        document = {
            "files": [str(path) for path in paths],
            "variables": len(export.variables),
            "connections": len(export.connections),
            "changed_in_prefect": list(export.changed),
            "missing_in_prefect": list(export.missing),
        }
        print(json.dumps(document, indent=1))
        return 0
    print(
        f"{len(export.variables)} Variables and {len(export.connections)} Connections are in {options.out}."
    )
    if export.changed:
        print(f"Changed in Prefect since they were mirrored: {', '.join(export.changed)}.")
    for path in paths:
        print(
            f"Next: airflow {path.stem} import {path}"
            + (" --overwrite" if path.stem == "connections" else "")
        )
    if export.missing:
        print(f"warning: gone in Prefect, so left out: {', '.join(export.missing)}.", file=sys.stderr)
    return 0


def _environment_name(environment: SettingsEnvironment) -> str | None:
    if environment.name is None or not environment.name.endswith(".toml"):
        return environment.name
    return str(Path(environment.name).absolute())
