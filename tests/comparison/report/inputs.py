"""Realistic inputs for reports: three engines, ten thousand trees, with or without something wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from comparison.evidence import EngineSetup, InputFacts, OutputPair, RoledRun
from comparison.report.build import ReportInput
from comparison.rounds import pairs, turns
from comparison.tables.records import ColumnDifference, OutputDifference, Sample
from engines.run import EngineName, Run, TaskRun, Usage

ENGINES: tuple[EngineName, ...] = ("standalone", "airflow", "prefect")
STEPS = ("count_new_trees", "assign_regions", "refresh_view", "rebuild_clusters", "notify")
OWN_SECONDS = (0.04, 1.9, 0.62, 0.35, 0.02)
"""What each step itself takes."""
BEGIN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
START = {"standalone": 0.01, "airflow": 1.4, "prefect": 3.1}
"""Seconds from the request to the moment when the first task is queued."""
QUEUE = {"standalone": 0.0, "airflow": 1.1, "prefect": 0.05}
STRETCH = {
    "standalone": (1.2, 1.0, 1.03, 1.01, 1.02, 0.99, 1.0),
    "airflow": (1.2, 1.0, 1.05, 0.97, 1.02, 1.01, 0.98),
    "prefect": (1.2, 1.02, 0.98, 1.06, 1.0, 0.99, 1.03),
}
"""By what the times of a round are multiplied: the warm-up, then rounds 1 to 6."""
FACTS = InputFacts("9f2c" * 16, "sample: 10,000 trees, seed 1", {"trees": 10_000, "region": 1_204})
ROWS = {"tree_region": 148_310, "trees": 10_000, "active_tree_region": 139_402, "clusters": 412}
KEYS = {"tree_region": ("tree_id", "zoom_level"), "trees": ("id",), "active_tree_region": (), "clusters": ()}


def run(engine: EngineName, order: int, *, stretch: float = 1.0) -> Run:
    """A run that succeeded; `stretch` multiplies all its times."""
    begin = BEGIN + timedelta(seconds=60 * order)
    at, tasks = START[engine] * stretch, list[TaskRun]()
    for name, own in zip(STEPS, OWN_SECONDS, strict=True):
        start = at + QUEUE[engine] * stretch
        end = start + own * stretch
        queued, started, ended = (begin + timedelta(seconds=value) for value in (at, start, end))
        tasks.append(TaskRun(name, "success", queued, started, ended, result={"rows": 1}))
        at = end + (0.02 if engine != "standalone" else 0.0)
    servers = engine != "standalone"
    return Run(
        pipeline="tree_clusters",
        engine=engine,
        mode="dispatched",
        state="success",
        requested=begin,
        started=begin + timedelta(seconds=0.1),
        ended=begin + timedelta(seconds=at + (0.3 if engine != "standalone" else 0.0)),
        tasks=tuple(tasks),
        engine_run_id=f"run-{order}",
        url=f"http://127.0.0.1:8080/runs/{order}" if servers else None,
        usage=Usage(
            cpu_seconds=0.9 * stretch + (2.5 if servers else 0.0),
            peak_memory_bytes=310_000_000 if servers else 42_000_000,
            server_cpu_seconds=6.1 * stretch if servers else 0.0,
            server_memory_bytes=770_000_000 if engine == "airflow" else 330_000_000 if servers else None,
            database_cpu_seconds=2.4 * stretch,
            samples=12,
        ),
        versions={"PostgreSQL": "15.18", engine.title(): "3.3.2" if engine == "airflow" else "3.8.8"},
        input_hash=FACTS.hash,
    )


def runs(repeat: int = 3) -> tuple[RoledRun, ...]:
    """All runs of a comparison, in its own order; later rounds a little slower, so that there is a spread."""
    return tuple(
        RoledRun(
            run(
                turn.engine, order, stretch=STRETCH[turn.engine][turn.round] + 0.01 * (turn.role == "control")
            ),
            turn.role,
            order,
            turn.round,
        )
        for order, turn in enumerate(turns(ENGINES, repeat), start=1)
    )


def same(name: str) -> OutputDifference:
    """An output without differences."""
    key = KEYS[name]
    return OutputDifference(name, key, ROWS[name], ROWS[name], 0 if key else None, 0, 0)


def output_pairs(repeat: int = 3) -> tuple[OutputPair, ...]:
    """Every output of every pair and round, and the A/A pairs: no difference anywhere."""
    found = [
        OutputPair(left, right, name, same(name), round=number)
        for number in range(1, repeat + 1)
        for left, right in pairs(ENGINES)
        for name in ROWS
    ]
    found += [OutputPair(engine, engine, name, same(name)) for engine in ENGINES for name in ROWS]
    return tuple(found)


def identical(repeat: int = 3) -> ReportInput:
    """What a comparison gives where all is well."""
    return ReportInput(
        pipeline="tree_clusters",
        summary="Assigns new trees to regions and clusters.",
        engines=ENGINES,
        mode="dispatched",
        runs=runs(repeat),
        pairs=output_pairs(repeat),
        facts=FACTS,
        environment={
            "machine": "AMD EPYC 7B13",
            "cores": 2,
            "memory_bytes": 24_700_000_000,
            "os": "Debian GNU/Linux 12 (bookworm)",
            "load_before": 0.42,
            "versions": {"Python": "3.11.7", "PostgreSQL": "15.18", "Airflow": "3.3.2", "Prefect": "3.8.8"},
        },
        command=f"replant compare tree_clusters --trees 10000 --repeat {repeat}",
        setups=(
            EngineSetup("standalone", 0.0, 0),
            EngineSetup("airflow", 22.4, 742_000_000),
            EngineSetup("prefect", 9.8, 318_000_000),
        ),
        made=BEGIN + timedelta(minutes=20),
    )


def replaced(
    given: ReportInput, left: EngineName, right: EngineName, difference: OutputDifference
) -> ReportInput:
    """The same, with this difference in every round of a pair."""
    pairs_ = tuple(
        replace(pair, difference=difference)
        if (pair.left, pair.right, pair.name) == (left, right, difference.name)
        else pair
        for pair in given.pairs
    )
    return replace(given, pairs=pairs_)


def changed_region() -> OutputDifference:
    """Rows of tree_region that differ, each in one way."""
    return OutputDifference(
        "tree_region",
        KEYS["tree_region"],
        ROWS["tree_region"],
        ROWS["tree_region"],
        changed=3,
        missing=1,
        extra=1,
        columns=(ColumnDifference("region_id", 3, 3 / ROWS["tree_region"]),),
        samples=(
            Sample("changed", ("4711", "3"), "region_id", "1201", "1202"),
            Sample("changed", ("4712", "3"), "region_id", "1201", "1202"),
            Sample("changed", ("4713", "3"), "region_id", "1201", None),
            Sample(
                "missing", ("17", "15"), None, {"tree_id": "17", "zoom_level": "15", "region_id": "9"}, None
            ),
            Sample(
                "extra", ("18", "15"), None, None, {"tree_id": "18", "zoom_level": "15", "region_id": "9"}
            ),
        ),
    )


def changed_clusters() -> OutputDifference:
    """Two clusters of a multiset, moved a little."""
    old = {"count": "31", "zoom_level": "14", "location": "SRID=4326;POINT(36.81 -1.29)"}
    new = {**old, "location": "SRID=4326;POINT(36.81 -1.2901)"}
    return OutputDifference(
        "clusters",
        (),
        ROWS["clusters"],
        ROWS["clusters"],
        changed=None,
        missing=1,
        extra=1,
        samples=(Sample("missing", None, None, old, None), Sample("extra", None, None, None, new)),
    )


def different() -> ReportInput:
    """A difference planted on Prefect's side, seen from both other engines."""
    given = identical()
    for difference in (changed_region(), changed_clusters()):
        given = replaced(given, "airflow", "prefect", difference)
        given = replaced(given, "standalone", "prefect", difference)
    return replace(given, planted="one row of tree_region changed on the side of prefect")


def failed() -> ReportInput:
    """Prefect's first measured run fails in its third step; nothing is run after it."""
    given = identical()
    kept = [roled for roled in given.runs if roled.order <= 6]
    last = kept[-1]
    tasks = [
        replace(task, state="success" if index < 2 else "failed" if index == 2 else "not_run")
        for index, task in enumerate(last.run.tasks)
    ]
    tasks[3:] = [replace(task, queued=None, started=None, ended=None) for task in tasks[3:]]
    broken = replace(
        last.run,
        state="failed",
        tasks=tuple(tasks),
        error="OperationalError: server closed the connection unexpectedly\n"
        "\tThis probably means the server terminated abnormally before or while processing the request.",
    )
    return replace(given, runs=(*kept[:-1], replace(last, run=broken)), pairs=())


HOSTILE = (
    '<script>document.title="taken"</script><img src="http://192.0.2.1/x.png" onerror="document.title=1">'
)
"""A tree's name that would run and fetch if it were not escaped."""
LONG = "x" * 3000
SECRET = "postgresql://tree:hunter2@db/trees"


def hostile() -> ReportInput:
    """User data and messages that a page must not trust: markup, endless words, secrets in error texts."""
    given = identical()
    difference = OutputDifference(
        "trees",
        ("id",),
        10_000,
        10_000,
        changed=3,
        missing=0,
        extra=0,
        columns=(ColumnDifference(HOSTILE, 3, 0.0003),),
        samples=(
            Sample("changed", (HOSTILE,), HOSTILE, HOSTILE, LONG),
            Sample("changed", ("2",), "name", "", None),
            Sample("changed", ("3",), "name", LONG + "a" + LONG, LONG + "b" + LONG),
        ),
        notes=(f"{HOSTILE} was not compared.",),
    )
    given = replaced(given, "airflow", "prefect", difference)
    first = given.runs[0]
    warned = replace(first, run=replace(first.run, warnings=(f"{HOSTILE} {SECRET} {LONG}",)))
    facts = replace(given.facts, source=f"{HOSTILE} {LONG}", tables={LONG: 3})
    return replace(given, runs=(warned, *given.runs[1:]), facts=facts, command=f"replant compare {LONG}")
