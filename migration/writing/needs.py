"""What a flow's file needs beyond Prefect: names of the runtime, or short forms of them."""

from __future__ import annotations

from migration.arguments.callbacks import callbacks_of
from migration.arguments.hooks import DATES, hook_for, names_taken
from migration.author import connections
from migration.author.rewrite import SHIMS
from migration.author.shims import short_shims
from migration.author.source import Source, Statement
from migration.constructs.email import FULL, SENDS
from migration.writing.helper import Helper
from migration.writing.plan import Work
from migration.writing.writer import FlowPlan


def asked_of_runtime(
    source: Source, plans: list[FlowPlan], works: list[Work], kept: list[Statement]
) -> set[str]:
    """Give the names of the runtime that the file needs."""
    runtime: set[str] = set()
    for made in plans:
        runtime |= made.values.runtime | made.site.runtime
        if made.tracked:
            mapped = {
                one.written.over is not None or one.written.each is not None for one in made.calls.values()
            }
            runtime |= {"begin", "item"} | {"expand" if one else "submit" for one in mapped}
    for work in works:
        runtime.update(work.runtime)
        runtime.update({"with_context"} if work.with_context else set())
        runtime.update({"chooses"} if work.ways else set())
        runtime.update({"depends_on_past", "wait_until"} if work.past else set())
    for one in kept:
        runtime |= {connections.NAME} & one.needs
        runtime |= {name for name in one.needs if name in SHIMS and name in source.airflow_names}
    return runtime


def imported(asked: set[str]) -> set[str]:
    """Give the imports of the runtime's names."""
    elsewhere = {"mails": "replant_mail", "send_mail": "replant_mail", "other_flow_succeeded": "replant_past"}
    found = {f"from {elsewhere[name]} import {name}" for name in asked & elsewhere.keys()}
    names = sorted(asked - elsewhere.keys())
    return found | ({f"from replant_runtime import {', '.join(names)}"} if names else set())


def short_forms(plans: list[FlowPlan], asked: set[str], text: str) -> dict[str, Helper]:
    """Give what stands for names of the runtime that this file uses in a simple way."""
    found = short_shims(asked, text)
    if "send_mail" in asked and FULL not in text:
        found["send_mail"] = SENDS
    taken = [names_taken(one, made.site.moments) for made in plans for one in callbacks_of(made.dag)]
    names = frozenset(name for one in taken for name in one or ())
    moments = list(dict.fromkeys(made.site.moments for made in plans))
    if None not in taken and (len(moments) == 1 or not names & set(DATES)):
        with_date = any(made.site.with_moments for made in plans)
        found["airflow_hook"] = hook_for(names, moments[0], with_date, text)
    return found
