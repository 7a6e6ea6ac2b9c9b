"""Sides that are not PostgreSQL, and PostgreSQL beside them: one form for each kind of value."""
