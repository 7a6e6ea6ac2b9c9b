"""The main job: one input, the same steps on each engine, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from comparison.evidence import EngineSetup, OutputPair, RoledRun
from comparison.report.environment import server_versions
from comparison.rounds import Turn, pairs, turns
from comparison.tables import compare_output
from engines.databases import connected
from engines.progress import Stages
from engines.run import EngineName, Run, RunRequest
from engines.session import Session, SessionOptions, open_session
from engines.snapshot import Snapshot
from pipelines.catalog import Pipeline, Plant
from pipelines.errors import CannotProceedError
from pipelines.secrets import mask_values, password_of

SAMPLES = 1000
"""Differences listed of each column or kind. The page shows a few; noise is matched by what is listed."""


@dataclass(frozen=True)
class CompareOptions:
    """What is compared, and how."""

    pipeline: Pipeline
    session: SessionOptions
    source: Callable[[str], AbstractContextManager[Snapshot]]
    """Opens the input snapshot on a server, given its URL."""
    repeat: int = 3
    settings: Mapping[str, Any] = field(default_factory=dict)
    save_to: Path | None = None
    """Where the engines' own records are kept, so that `replant up --report` can show these runs again."""
    plant: Plant | None = None
    """A difference put into the last engine's side on purpose."""
    webhook_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Compared:
    """All that came of it; what the report is made from."""

    snapshot: Snapshot
    runs: tuple[RoledRun, ...]
    """In the order in which they were made."""
    pairs: tuple[OutputPair, ...]
    """Of each measured round, the main pair first; and the A/A pairs."""
    setups: tuple[EngineSetup, ...]
    server_versions: Mapping[str, str] = field(default_factory=dict)
    """Of the pipeline's database."""


def stage_count(options: CompareOptions) -> int:
    """Say how many stages `compare` announces."""
    engines = options.session.engines
    return 4 + len(engines) + len(turns(engines, options.repeat))  # server, input, records, report


def compare(options: CompareOptions, stages: Stages) -> Compared:
    """Run all of it.

    Raises CannotProceedError where an engine could not be started or asked. A run that fails is no error
    here: it ends the runs, and stands in the result.
    """
    stages.begin("starting PostgreSQL")
    with ExitStack() as stack:
        session = stack.enter_context(open_session(options.session))
        stages.begin("preparing the input")
        snapshot = stack.enter_context(options.source(session.server_url))
        stages.note(f"input: {snapshot.source}; hash {snapshot.hash[:16]}")
        for engine in options.session.engines:
            stages.begin(f"starting {engine}")
            session.start(engine)
        compared = _all_turns(options, session, snapshot, stages)
        compared = replace(compared, server_versions=server_versions(snapshot.url))
        stages.begin("keeping the engines' records")
        if options.save_to is not None:
            for engine, started in session.started.items():
                started.engine.save(options.save_to / engine)
        return compared


def _all_turns(options: CompareOptions, session: Session, snapshot: Snapshot, stages: Stages) -> Compared:
    """Make the runs in order; keep the clones of round 1 until the control has been compared with them."""
    engines = options.session.engines
    runs: list[RoledRun] = []
    found: list[OutputPair] = []
    planned = turns(engines, options.repeat)
    with ExitStack() as whole:
        first: dict[EngineName, str] = {}
        for role, number in dict.fromkeys((turn.role, turn.round) for turn in planned):
            with ExitStack() as this_round:
                keep = whole if (role, number) == ("measured", 1) else this_round
                clones: dict[EngineName, str] = {}
                for turn in (turn for turn in planned if (turn.role, turn.round) == (role, number)):
                    stages.begin(turn.title)
                    clones[turn.engine] = keep.enter_context(snapshot.clone(turn.label))
                    run = _make(options, session, snapshot, turn, clones[turn.engine])
                    runs.append(RoledRun(run, role, len(runs) + 1, number))
                    if run.state == "failed":
                        return Compared(snapshot, tuple(runs), tuple(found), _setups(session))
                if role == "measured":
                    first = first or clones
                    for left, right in pairs(engines):
                        both = (clones[left], clones[right])
                        found += _outputs(options.pipeline, (left, right), number, both)
                elif role == "control":
                    for engine in engines:
                        both = (first[engine], clones[engine])
                        found += _outputs(options.pipeline, (engine, engine), number, both)
    return Compared(snapshot, tuple(runs), tuple(found), _setups(session))


def _setups(session: Session) -> tuple[EngineSetup, ...]:
    return tuple(
        EngineSetup(name, started.start_seconds, started.idle_memory_bytes, started.used_existing)
        for name, started in session.started.items()
    )


def _make(options: CompareOptions, session: Session, snapshot: Snapshot, turn: Turn, clone: str) -> Run:
    """Run on one clone; where a difference is planted, before and after."""
    plant = options.plant if turn.engine == options.session.engines[-1] else None
    settings = {**options.settings, **(plant.settings if plant else {})}
    if plant and plant.before:
        with connected(clone) as connection:
            plant.before(connection)
    log_dir = options.session.log_dir / turn.label
    log_dir.mkdir(parents=True, exist_ok=True)
    request = RunRequest(
        pipeline=options.pipeline.name,
        database_url=clone,
        log_dir=log_dir,
        settings=settings,
        webhook_url=options.webhook_url,
        label=turn.label,
        input_hash=snapshot.hash,
    )
    try:
        run = session.run(turn.engine, request)
    except CannotProceedError as error:
        words = mask_values(str(error), tuple(filter(None, (password_of(clone), options.webhook_url))))
        raise CannotProceedError(f"The {turn.role} run on {turn.engine} could not be made: {words}") from None
    if plant and plant.after and run.state == "success":
        with connected(clone) as connection:
            plant.after(connection)
    return run


def _outputs(
    pipeline: Pipeline, sides: tuple[EngineName, EngineName], number: int, urls: tuple[str, str]
) -> list[OutputPair]:
    """Compare every output of two runs; one that cannot be compared does not stop the others."""
    found = []
    for output in pipeline.outputs:
        try:
            difference = compare_output(*urls, output, sample_limit=SAMPLES)
        except CannotProceedError as error:
            found.append(OutputPair(*sides, output.name, None, str(error), round=number))
        else:
            found.append(OutputPair(*sides, output.name, difference, round=number))
    return found
