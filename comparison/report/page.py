"""report.html: one file that needs nothing else, made from report.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from comparison.report import words
from comparison.report.changes import samples_view
from comparison.report.ratio_words import ratio_words
from comparison.report.timeline import timelines
from comparison.verdict import TITLES, WORST_FIRST

TEMPLATES = Path(__file__).with_name("templates")

SIGNS = {"identical": "=", "identical but for noise": "≈", "different": "≠", "not comparable": "?"}
"""The verdict as a sign, so that it does not hang on colour alone."""

HEADLINES = {
    "identical": "The rows are identical",
    "identical but for noise": "The rows are identical but for noise",
    "different": "The rows differ",
    "not comparable": "The two could not be compared",
}
TONES = {
    "identical": "same",
    "identical but for noise": "noise",
    "different": "differ",
    "not comparable": "none",
}
ROWS_SHOWN = 20
"""Differences of one output shown on the page; the others are in differences.csv."""


def page(report: Mapping[str, Any], folder: Path) -> str:
    """Give the page. `folder`, where the report lies, is named in the command that reopens the UIs."""
    return (
        _templates()
        .get_template("report.html.j2")
        .render(
            report=report,
            headline=HEADLINES[report["verdict"]],
            differing=_differing(report),
            ratios=[ratio_words(ratio) for ratio in report["timings"]["ratios"]],
            timelines=timelines(report["runs"]),
            failed=[run for run in report["runs"] if run["state"] == "failed"],
            main=_main_pair(report),
            folder=str(folder),
        )
    )


def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        seconds=words.seconds,
        size=words.size,
        number=words.number,
        share=words.share,
        moment=words.moment,
        value=words.value,
        listed=words.listed,
        title=lambda engine: TITLES[engine],
        sign=lambda verdict: SIGNS[verdict],
        tone=lambda verdict: TONES[verdict],
    )
    return templates


def _main_pair(report: Mapping[str, Any]) -> tuple[str, str]:
    """Give the engines that the first screen sets against each other, old and new."""
    for found in (*report["outputs"], *report["timings"]["ratios"]):
        return found["left"], found["right"]
    return report["engines"][0], report["engines"][-1]


def _differing(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List what differs, output by output and pair by pair: real differences before noise."""
    found = []
    for output in report["outputs"]:
        for pair in (output, *output["pairs"]):
            if pair["verdict"] == "identical":
                continue
            shown = samples_view(pair["samples"][:ROWS_SHOWN])
            counted = (
                sum(column["changed"] for column in pair["columns"])
                + (pair["missing"] or 0)
                + (pair["extra"] or 0)
            )
            found.append({**pair, "name": output["name"], "shown": shown, "counted": counted})
    return sorted(found, key=lambda pair: WORST_FIRST.index(pair["verdict"]))
