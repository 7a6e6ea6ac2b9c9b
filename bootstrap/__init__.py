"""The set-up: everything `make` needs, with nothing but the standard library of Python 3.11-3.13.

It runs before any package is installed, so it imports no other room.
"""
