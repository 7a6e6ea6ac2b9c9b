"""What `replant compare` prints at its end: verdict, outputs, timing ratio, where the report is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comparison.report import words
from comparison.report.page import HEADLINES, SIGNS, main_ratio, notes_of
from comparison.report.write import ReportFiles
from comparison.verdict import TITLES

STYLES = {
    "identical": "green",
    "identical but for noise": "yellow",
    "different": "red",
    "not comparable": "red",
}


def print_summary(report: Mapping[str, Any], files: ReportFiles, console: Console | None = None) -> None:
    """Print to stdout, in colour on a terminal and as plain lines otherwise; no value is read as markup.

    What the terminal's encoding does not have becomes a question mark, not an error after all the work.
    """
    console = console or Console(highlight=False, soft_wrap=True)
    word = report["verdict"]

    def say(text: str, style: str = "") -> None:
        console.print(Text(_encodable(text, console), style=style))

    say(f"{SIGNS[word]} {HEADLINES[word]}", f"bold {STYLES[word]}")
    say(report["verdict_reason"])
    if report["planted"]:
        say(f"A difference was planted on purpose: {report['planted']}", "yellow")
    if report["outputs"]:
        console.print(_outputs(report, console))
    for line in (*notes_of(report), *_failed_logs(report)):
        say(line)
    said = main_ratio(report)
    if said:
        say(f"{said.headline} ({_medians(report)}; {said.interval}).")
    count = len(report["timings"]["warnings"]) + len(report["warnings"])
    if count:
        say(f"{count} warning{'s' if count > 1 else ''} in the report.", "dim")
    say(f"Report: {files.html}")


def _outputs(report: Mapping[str, Any], console: Console) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("output")
    table.add_column("rows", justify="right")
    for name in ("changed", "missing", "extra"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for output in report["outputs"]:
        table.add_row(
            Text(_encodable(output["name"], console)),
            _encodable(_rows(output["rows"], report["engines"]), console),
            *(_encodable(words.number(output[name]), console) for name in ("changed", "missing", "extra")),
            Text(output["verdict"], style=STYLES[output["verdict"]]),
        )
    return table


def _encodable(text: str, console: Console) -> str:
    return text.encode(console.encoding, "replace").decode(console.encoding)


def _rows(rows: Mapping[str, int], engines: Sequence[str]) -> str:
    """Give the rows once where all engines have as many, otherwise for each."""
    if len(set(rows.values())) == 1:
        return words.number(next(iter(rows.values())))
    return ", ".join(f"{engine} {words.number(rows[engine])}" for engine in engines if engine in rows) or "–"


def _failed_logs(report: Mapping[str, Any]) -> list[str]:
    return [
        f"Its log: {run['failed_log']['path']}"
        for run in report["runs"]
        if run["state"] == "failed" and run["failed_log"]
    ]


def _medians(report: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{TITLES[engine['engine']]} {words.seconds(engine['seconds']['median'])}"
        for engine in report["timings"]["engines"]
    )
