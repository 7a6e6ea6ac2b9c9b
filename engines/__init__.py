"""Starts, drives and stops the engines; each gives a Run."""
