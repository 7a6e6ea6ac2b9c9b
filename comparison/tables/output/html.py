"""The comparison as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comparison.tables.output.shown import short


def as_html(plain: dict[str, Any]) -> str:
    """Make the page from the dictionary of `as_json`. Everything from a database is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = short
    return environment.get_template("diff.html").render(diff=plain)
