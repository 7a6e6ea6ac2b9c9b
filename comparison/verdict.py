"""The one sentence that a comparison is for, and the exit code that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from comparison.evidence import InputFacts, OutputPair, RoledRun
from comparison.noise import Explained, explain, noise_of
from engines.run import EngineName

Word = Literal["identical", "identical but for noise", "different", "not comparable"]

EXIT_CODES: dict[Word, int] = {
    "identical": 0,
    "identical but for noise": 0,
    "different": 1,
    "not comparable": 2,
}
WORST_FIRST: tuple[Word, ...] = ("different", "not comparable", "identical but for noise", "identical")
"""A difference that is there outweighs an output that could not be compared."""
TITLES: dict[EngineName, str] = {"standalone": "Standalone", "airflow": "Airflow", "prefect": "Prefect"}


@dataclass(frozen=True)
class Verdict:
    """A word of the contract and why."""

    word: Word
    reason: str

    @property
    def exit_code(self) -> int:
        """0 identical, 1 different, 2 not comparable."""
        return EXIT_CODES[self.word]


@dataclass(frozen=True)
class OutputVerdict:
    """The verdict on one output of one pair of engines."""

    word: Word
    reason: str
    explained: Explained


def judge(
    runs: Sequence[RoledRun],
    pairs: Sequence[OutputPair],
    *,
    engines: Sequence[EngineName],
    facts: InputFacts,
) -> Verdict:
    """Judge the whole comparison.

    `pairs` holds the pairs of different engines and the A/A pairs alike. Failed runs come first, since the
    rows of a failed run say nothing; then a real difference; then an output that could not be compared.
    """
    obstacle = _obstacle(runs, engines, facts)
    if obstacle:
        return Verdict("not comparable", obstacle)
    sides = [pair for pair in pairs if not pair.is_control]
    if not sides:
        return Verdict(
            "not comparable", "No output was compared: the pipeline names none, or one engine ran."
        )
    judged = [(pair, judge_output(pair, pairs)) for pair in sides]
    worst = next(word for word in WORST_FIRST if any(verdict.word == word for _, verdict in judged))
    if worst != "identical":
        return Verdict(worst, _reason(worst, judged))
    names = _listed(sorted({pair.name for pair in sides}))
    return Verdict(
        "identical",
        f"{_listed([TITLES[name] for name in engines])} gave the same rows from the same input: {names}.",
    )


def judge_output(pair: OutputPair, pairs: Sequence[OutputPair]) -> OutputVerdict:
    """Judge one output of two engines, by the A/A pairs of the left one among `pairs`."""
    if pair.difference is None:
        return OutputVerdict("not comparable", pair.problem or "", Explained(0, 0))
    explained = explain(pair.difference, noise_of(pairs, pair.left, pair.name))
    if explained.real or pair.difference.schema:
        return OutputVerdict("different", _counted(pair), explained)
    if explained.by_noise:
        return OutputVerdict("identical but for noise", _excused(explained, pair.left), explained)
    return OutputVerdict("identical", "The same rows.", explained)


def _obstacle(runs: Sequence[RoledRun], engines: Sequence[EngineName], facts: InputFacts) -> str | None:
    """Say why no comparison is possible, if so."""
    failed = [roled for roled in sorted(runs, key=lambda roled: roled.order) if roled.run.state == "failed"]
    if failed:
        first = failed[0]
        more = f" {len(failed)} runs failed." if len(failed) > 1 else ""
        return (
            f"The {first.role} run on {TITLES[first.run.engine]} failed: "
            f"{_first_line(first.run.error) or 'the engine gave no reason'}{more}"
        )
    ran = {roled.run.engine for roled in runs if roled.role == "measured"}
    absent = [TITLES[engine] for engine in engines if engine not in ran]
    if absent:
        return f"There is no measured run on {_listed(absent)}."
    strange = [
        roled for roled in runs if roled.run.input_hash is not None and roled.run.input_hash != facts.hash
    ]
    if strange:
        engine = TITLES[strange[0].run.engine]
        return f"Run {strange[0].order}, on {engine}, started from another input than the others."
    return None


def _reason(word: Word, judged: Sequence[tuple[OutputPair, OutputVerdict]]) -> str:
    """Say it output by output of the first pair of engines with this verdict; of the others in a word."""
    words: dict[tuple[EngineName, EngineName], set[Word]] = {}
    for pair, verdict in judged:
        words.setdefault((pair.left, pair.right), set()).add(verdict.word)
    first = next(engines for engines, found in words.items() if word in found)
    said = dict.fromkeys(
        f"{pair.name}: {verdict.reason.rstrip('.')}"
        for pair, verdict in judged
        if (pair.left, pair.right) == first and verdict.word == word
    )
    sentences = [f"{_between(first)}, {'; '.join(said)}."]
    for engines, found in words.items():
        if engines != first:
            sentences.append(f"{_between(engines)}: {next(one for one in WORST_FIRST if one in found)}.")
    return " ".join(sentences)


def _between(engines: tuple[EngineName, EngineName]) -> str:
    return f"{TITLES[engines[0]]} to {TITLES[engines[1]]}"


def _counted(pair: OutputPair) -> str:
    difference = pair.difference
    assert difference is not None  # noqa: S101
    parts = [
        f"{count:,} {what}"
        for count, what in (
            (difference.changed or 0, "changed"),
            (difference.missing, "missing"),
            (difference.extra, "extra"),
        )
        if count
    ]
    if difference.schema:
        columns = _listed([column.column for column in difference.schema])
        parts_said = f"{_listed(parts)} of {difference.rows_left:,} rows; " if parts else ""
        return f"{parts_said}not the same columns: {columns}."
    return f"{_listed(parts)} of {difference.rows_left:,} rows."


def _excused(explained: Explained, left: EngineName) -> str:
    engine, sentences = TITLES[left], []
    if explained.fresh:
        columns = _listed(list(explained.fresh))
        sentences.append(f"{engine} itself fills {columns} anew in every run, so that cannot be compared.")
    if explained.cells:
        sentences.append(
            f"{explained.cells:,} values or rows differ, each one as {engine} itself gave it in another run."
        )
    return " ".join([*sentences, "All else is the same."])


def _first_line(text: str | None) -> str:
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[0].rstrip(".") + "." if lines else ""


def _listed(names: Sequence[str]) -> str:
    """Join as in a sentence: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]
