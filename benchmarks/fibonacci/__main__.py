"""Runs the benchmark; see `run.py`."""

from benchmarks.fibonacci.run import main

if __name__ == "__main__":
    main()
