"""The flow of the benchmark: `count` tasks, one after the other."""

from __future__ import annotations

from prefect import flow, task

from benchmarks.fibonacci.cases import fibo


@task
def compute(n: int, previous: int) -> int:
    """Compute one number; `previous` makes it wait for the task before."""
    return fibo(n)


@flow(name="fibonacci")
def fibonacci(count: int, n: int) -> int:
    """Run `count` tasks in sequence."""
    result = 0
    for _ in range(count):
        result = compute(n, result)
    return result
