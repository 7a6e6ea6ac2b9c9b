"""What each engine took, by how much the engines differ, and how far the figures can be trusted."""

from comparison.timings.advice import advise
from comparison.timings.figures import timing_figures
from comparison.timings.ratio import Ratio, ratio_of
from comparison.timings.tables import run_table, task_table

__all__ = ["Ratio", "advise", "ratio_of", "run_table", "task_table", "timing_figures"]
