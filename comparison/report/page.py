"""report.html: one file that needs nothing else, made from report.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from comparison.report import words
from comparison.report.changes import samples_view
from comparison.report.ratio_words import RatioWords, ratio_words
from comparison.report.timeline import timelines
from comparison.verdict import TITLES, WORST_FIRST

TEMPLATES = Path(__file__).with_name("templates")

SIGNS = {"identical": "=", "identical but for noise": "≈", "different": "≠", "not comparable": "?"}
"""The verdict as a sign, so that it does not hang on colour alone."""

HEADLINES = {
    "identical": "The rows are identical",
    "identical but for noise": "The rows are identical but for noise",
    "different": "The rows differ",
    "not comparable": "No comparison was possible",
}
TONES = {
    "identical": "same",
    "identical but for noise": "noise",
    "different": "differ",
    "not comparable": "none",
}
ROWS_SHOWN = 20
"""Lines of differences of one output shown on the page; the others are in differences.csv."""


def page(report: Mapping[str, Any], folder: Path) -> str:
    """Give the page. `folder`, where the report lies, is named in the command that reopens the UIs."""
    return (
        _templates()
        .get_template("report.html.j2")
        .render(
            report=report,
            headline=HEADLINES[report["verdict"]],
            differing=_differing(report),
            ratios=[
                ratio_words(ratio, report["timings"]["noise_floor"]) for ratio in report["timings"]["ratios"]
            ],
            timelines=timelines(report["runs"]),
            task_names=list(
                dict.fromkeys(
                    task["name"] for engine in report["timings"]["engines"] for task in engine["tasks"]
                )
            ),
            noisy=[
                (output, engine, noise)
                for output in report["outputs"]
                for engine, noise in output["noise"].items()
                if noise["changed"] or noise["missing"] or noise["extra"]
            ],
            failed=[run for run in report["runs"] if run["state"] == "failed"],
            main=report["main_pair"],
            ratio=main_ratio(report),
            notes=notes_of(report),
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
        tick=lambda seconds: f"{seconds:g} s" if seconds else "0",
        size=words.size,
        number=words.number,
        share=words.share,
        moment=words.moment,
        value=words.value,
        listed=words.listed,
        breakable=_breakable,
        prose=_prose,
        command=_command,
        title=lambda engine: TITLES[engine],
        sign=lambda verdict: SIGNS[verdict],
        tone=lambda verdict: TONES[verdict],
    )
    return templates


def _breakable(name: str) -> Markup:
    """Let a long name break after underscores and dots, and nowhere else unless it must."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[_.])", name))


def _prose(text: str) -> Markup:
    """Set what stands between backquotes as code."""
    parts = re.split(r"`([^`]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(_command(part)) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def _command(text: str) -> Markup:
    """Let a command break between its words, never after the dashes of an option."""
    return Markup(" ").join(Markup("<span>{}</span>").format(word) for word in text.split(" "))


def notes_of(report: Mapping[str, Any]) -> list[str]:
    """Say what of the outputs was not compared, or otherwise than by plain equality."""
    found = (
        f"{output['name']}: {note}"
        for output in report["outputs"]
        for pair in (output, *output["pairs"])
        for note in pair["notes"]
    )
    return list(dict.fromkeys(found))


def main_ratio(report: Mapping[str, Any]) -> RatioWords | None:
    """Give the ratio of the engines that the first screen sets against each other."""
    for ratio in report["timings"]["ratios"]:
        if [ratio["left"], ratio["right"]] == report["main_pair"]:
            return ratio_words(ratio, report["timings"]["noise_floor"])
    return None


def _differing(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List what differs, output by output and pair by pair: real differences before noise."""
    found: list[dict[str, Any]] = []
    for output in report["outputs"]:
        for pair in (output, *output["pairs"]):
            if pair["verdict"] == "identical":
                continue
            alike = (other for other in found if other["name"] == output["name"])
            found.append(
                {
                    **pair,
                    "name": output["name"],
                    "shown": samples_view(pair["samples"], ROWS_SHOWN),
                    "counted": _counted(pair),
                    "repeats": next((other for other in alike if _alike(other, pair)), None),
                }
            )
    return sorted(found, key=lambda pair: WORST_FIRST.index(pair["verdict"]))


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two pairs of engines differ in the very same way, with every difference written down."""
    complete = len(one["samples"]) == _counted(one)
    fields = ("verdict", "changed", "missing", "extra", "columns", "samples", "schema")
    return complete and all(one[field] == other[field] for field in fields)


def _counted(pair: Mapping[str, Any]) -> int:
    """Count cells that changed, and rows that one side alone has."""
    cells = sum(column["changed"] for column in pair["columns"])
    return int(cells + (pair["missing"] or 0) + (pair["extra"] or 0))
