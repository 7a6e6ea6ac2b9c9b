"""Compares the outputs and timings of runs, and reports."""
