"""Runs a DAG file in a subprocess that the kernel locks in, and gives its graph."""
