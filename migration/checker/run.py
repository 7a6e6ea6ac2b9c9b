"""Asks for a written file's derivation and compares it with the recording."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from migration.checker.bounds import bounds_of
from migration.checker.classes import class_differences, templates_of
from migration.checker.compare import differences
from migration.checker.complete import silent_drops
from migration.checker.dates import next_of, own_params, runs_of, templates_in
from migration.checker.scripts import scripts_for
from migration.checker.starts import begin_differences
from migration.checker.ways import way_differences
from migration.checker.xcoms import pushed_by, with_pulls, xcom_differences
from migration.graph import Recording
from migration.recorder.run import Recorder


def _dates(recording: Recording | None, flows: Sequence[str]) -> dict[str, Any]:
    """Give, for each flow, its run's interval, its parameters and the templates to fill."""
    if recording is None:
        return {}
    text = _text(recording)
    found = {}
    for flow, dag in zip(flows, recording.dags, strict=True):
        runs = [[one.isoformat() for one in run] for run in runs_of(dag, text)]
        after = [next_of(dag, datetime.fromisoformat(end)) for _, _, end in runs]
        params = dag.arguments.get("params")
        found[flow] = {
            "runs": runs,
            "after": [one.isoformat() if one else None for one in after],
            "params": params if isinstance(params, dict) else {},
            "own": own_params(dag),
            "templates": [*templates_in(dag), *templates_of(text)],
            "scripts": scripts_for(dag, text),
            "pushed": pushed_by(dag, text),
            "bounds": bounds_of(dag, text),
        }
    return found


def _text(recording: Recording) -> str:
    path = Path(recording.path)
    return path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""


class Checker(Recorder):
    """A server like the recorder's, which runs written flows instead of DAG files."""

    _worker = "migration.checker.derivation"

    def derive(
        self,
        name: str,
        texts: Mapping[str, str],
        flows: Sequence[str],
        roots: Sequence[str],
        recording: Recording | None = None,
    ) -> dict[str, Any]:
        """Give what each flow of a file was seen to do, or `{"reason": …}`.

        `name` and the keys of `texts` are paths below the flows folder, as are the import roots.
        """
        with tempfile.TemporaryDirectory(prefix="replant-check-") as scratch:
            question = {"scratch": scratch, "name": name, "texts": dict(texts), "flows": list(flows),
                        "roots": [".", *roots], "dates": _dates(recording, flows)}  # fmt: skip
            return self._exchanged(question)

    def check(
        self,
        recording: Recording,
        name: str,
        texts: Mapping[str, str],
        dags: Sequence[Mapping[str, Any]],
        deployments: Sequence[Mapping[str, Any]],
        roots: Sequence[str],
    ) -> dict[str, list[str]]:
        """Give, by DAG id, what the check finds wrong; nothing where all is well."""
        answer = self.derive(name, texts, [dag["flow"] for dag in dags], roots, recording)
        found: dict[str, list[str]] = {}
        text = _text(recording)
        for recorded, dag, deployment in zip(recording.dags, dags, deployments, strict=True):
            problems = [f"the manifest lacks {one}" for one in silent_drops(recorded, dag["items"])]
            if "reason" in answer:
                problems.append(f"the written flow does not run: {answer['reason']}")
            else:
                refused = {i["name"] for i in dag["items"] if i["status"] == "refused"}
                seen = answer["flows"][dag["flow"]]
                linked = with_pulls(recorded, text, seen)
                problems += differences(linked, seen, deployment, refused, scripts_for(recorded, text))
                problems += way_differences(recorded, text, seen, refused)
                problems += begin_differences(recorded, text, seen, refused)
                problems += class_differences(recorded, text, texts.values(), texts[name], seen)
                problems += xcom_differences(recorded, text, texts[name], seen)
            found[dag["dag_id"]] = problems
        return found
