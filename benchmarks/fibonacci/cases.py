"""The cases, and one measurement of one of them. Standard library only: flows and DAGs import it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["in-process", "dispatched"]


@dataclass(frozen=True)
class Case:
    """A number of tasks, one after the other, each computing the same Fibonacci number."""

    name: str
    tasks: int
    n: int

    @property
    def dag_id(self) -> str:
        """The id of its Airflow DAG."""
        return f"fibonacci_{self.tasks}_of_{self.n}"


CASES = (
    Case("forty fibo(10)", 40, 10),  # microseconds each: what is measured is the engine
    Case("ten fibo(33)", 10, 33),  # half a second each: what a real, short task sees of it
)
WARM_UP = Case("warm-up", 1, 1)


@dataclass(frozen=True)
class Measured:
    """One run of one case."""

    engine: str
    """`plain`, `airflow` or `prefect`."""
    mode: Mode
    tuned: bool
    case: Case
    seconds: float
    """From the request to the end of the last task, as a user would wait."""
    task_is: str
    """What "a task" is on this engine and mode, in a few words."""


def fibo(n: int) -> int:
    """Give the n-th Fibonacci number, by the recursion that takes long on purpose."""
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)
