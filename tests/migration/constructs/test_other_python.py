"""Python in another interpreter: arguments go in, the result comes out."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_what_stays(converted: Any) -> None:
    made = converted("""
        import sys
        from airflow.decorators import dag, task
        got = []
        @dag(schedule=None)
        def d():
            @task.external_python(python=sys.executable)
            def elsewhere(a, b=1):
                import os
                return {"sum": a + b, "other": os.getpid()}
            @task
            def show(value): got.append(value)
            show(elsewhere(2, b=40))
        d()
    """)
    ran = made.run()
    assert (made.dag.status, ran.state) == ("converted", "COMPLETED")
    assert ran.module.got[0]["sum"] == 42 and ran.module.got[0]["other"] != __import__("os").getpid()
