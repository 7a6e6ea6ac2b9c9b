"""Measures `replant convert` on the corpora: `python -m benchmarks.convert [--oracle] [--large FILES]`.

There is no live tool to put beside it. Writes benchmarks/results/convert.json: one row for each case, and for
each DAG that is not converted what it lacks.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.convert.corpora import Corpus, corpora
from benchmarks.convert.large import measured
from engines.places import CHECKOUT
from migration.constructs import registry
from migration.entry import Entry, share_converted
from migration.folder import Job, convert_all
from migration.places import places
from migration.recorder.run import Limits, Settings
from migration.session import _ruff
from migration.writing.output import write
from migration.writing.plan import CONVERTED, REFUSED

RESULTS = CHECKOUT / "benchmarks" / "results" / "convert.json"


def main() -> int:
    """Run all; give 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--oracle", action="store_true", help="also compare with real Airflow's DagBag")
    parser.add_argument("--only", help="a word in the corpus's name")
    parser.add_argument("--pyright", help="the program, to look at the flows with")
    parser.add_argument("--large", type=int, metavar="FILES", help="also a folder of so many files")
    options = parser.parse_args()
    rows, lacking = [], {}
    for corpus in corpora():
        if options.only and options.only not in corpus.name:
            continue
        with tempfile.TemporaryDirectory() as name:
            out = Path(name)
            started = time.monotonic()
            entries = convert_all(
                places([corpus.folder]),
                Job(out, Settings(), Limits(), _ruff(), processes=2),
                lambda entry: None,
            )
            seconds = time.monotonic() - started
            write(entries, out)
            row = _row(corpus, entries, seconds, out)
            if options.pyright:
                row["pyright"] = _pyright(options.pyright, out)
            if options.oracle:
                from benchmarks.convert.oracle import agreement

                row["oracle"] = agreement(corpus)
            rows.append(row)
            lacking[corpus.name] = _lacking(entries)
            print(json.dumps(row), flush=True)
    large = measured(corpora(), options.large) if options.large else None
    if large is not None:
        print(json.dumps(large), flush=True)
    _save(rows, lacking, large)
    return 0


def _row(corpus: Corpus, entries: list[Entry], seconds: float, out: Path) -> dict[str, Any]:
    converted, total = share_converted(entries)
    written = [entry for entry in entries if entry.text]
    checked = [problem for entry in entries for dag in entry.dags for problem in dag.get("problems", [])]
    ratios = [_lines(entry.text) / max(1, _lines(entry.source)) for entry in written]
    found = subprocess.run(
        [_ruff() or "ruff", "check", "--isolated", "--select", "E4,E7,E9,F", "--output-format", "json",
         str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = {str(out / "flows" / entry.path) for entry in written}
    unclean = {one["filename"] for one in json.loads(found.stdout or "[]")}
    return {
        "corpus": corpus.name,
        "group": corpus.group,
        "files": len(entries),
        "recorded": sum(entry.status == "recorded" for entry in entries),
        "dags": total,
        "converted": converted,
        "C": round(converted / total, 4) if total else None,
        "converted_that_cannot_run_here": sum(
            dag["status"] == CONVERTED and not registry().run_here(dag["constructs"])
            for entry in entries
            for dag in entry.dags
        ),
        "silent_drops": sum("manifest lacks" in problem for problem in checked),
        "crashes": sum(bool(entry.crash) for entry in entries),
        "refuted_by_the_checker": sum(bool(d.get("problems")) for e in entries for d in e.dags),
        "do_not_import": sum("does not run" in problem for problem in checked),
        "files_per_second": round(len(entries) / seconds, 2),
        "seconds": round(seconds, 1),
        "load_average": round(os.getloadavg()[0], 1),
        "median_lines_ratio": round(statistics.median(ratios), 3) if ratios else None,
        "files_without_runtime": round(sum("replant_" not in e.text for e in written) / len(written), 3),
        "flow_files_with_ruff_findings": len(unclean & ours),
        "peak_mib_of_children": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def _pyright(program: str, out: Path) -> dict[str, Any]:
    """Give the files without a finding, and the findings by rule."""
    settings = {
        "include": ["flows"], "extraPaths": ["flows"], "reportMissingImports": "none",
        "reportMissingModuleSource": "none", "exclude": ["**/replant_*.py"],
    }  # fmt: skip
    (out / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [program, "--pythonpath", sys.executable, "--outputjson", "-p", str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)
    errors = [one for one in found["generalDiagnostics"] if one["severity"] == "error"]
    return {
        "files": found["summary"]["filesAnalyzed"],
        "files_with_findings": len({one["file"] for one in errors}),
        "rules": dict(Counter(str(one.get("rule")) for one in errors)),
    }


def _lines(text: str) -> int:
    return len(text.splitlines())


def _lacking(entries: list[Entry]) -> dict[str, Any]:
    """Give what each DAG that is not converted lacks, and the reasons by number of DAGs."""
    dags: dict[str, list[str]] = {}
    for entry in entries:
        if entry.status != "recorded":
            dags[entry.path] = [f"unreadable: {entry.reason}"]
        for dag in entry.dags:
            if dag["status"] != CONVERTED:
                notes = {i["note"] for i in dag["items"] if i["status"] == REFUSED and i["kind"] != "task"}
                dags[f"{entry.path}:{dag['dag_id']}"] = sorted(notes)
    reasons = Counter(note for notes in dags.values() for note in notes)
    return {"dags": dags, "reasons": dict(reasons.most_common())}


def _save(rows: list[dict[str, Any]], lacking: dict[str, Any], large: dict[str, Any] | None) -> None:
    for group in ("examples", "open"):
        chosen = [row for row in rows if row["group"] == group]
        total = sum(row["dags"] for row in chosen)
        if total:
            share = sum(row["converted"] for row in chosen) / total
            print(f"{group}: C = {share:.1%} of {total} DAGs")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    machine = {"machine": platform.machine(), "python": platform.python_version(), "cores_used": 2}
    found = {"machine": machine, "rows": rows, "large": large, "not_converted": lacking}
    RESULTS.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    sys.exit(main())
