"""Tells uv where packages come from, as pip's configuration says: uv does not read that.

The values may hold passwords: they go from pip to uv's environment, and into no file or message.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

# pip's option -> uv's variable and what separates several values there.
# https://docs.astral.sh/uv/reference/environment/
LISTS = {
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
}
SINGLE = {
    "index-url": ("UV_DEFAULT_INDEX",),
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "proxy": ("HTTP_PROXY", "HTTPS_PROXY"),
}


def pip_settings(listed: str) -> dict[str, str]:
    """Give pip's settings for `install` from the output of `pip config list`.

    A line is `section.option='value'`; `install` overrides `global`, the environment overrides both.
    """
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        name, equals, value = line.partition("=")
        section, dot, option = name.rpartition(".")
        if equals and dot and section in sections:
            try:
                sections[section][option.replace("_", "-")] = str(ast.literal_eval(value))
            except (ValueError, SyntaxError):
                continue  # not a setting: a warning that pip printed
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def uv_variables(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment variables that make uv use what pip uses; those already set are left alone."""
    found: dict[str, str] = {}
    for option, names in SINGLE.items():
        value = settings.get(option, "").strip()
        if value:
            found.update(dict.fromkeys(names, value))
    for option, (variable, separator) in LISTS.items():
        values = [value for value in settings.get(option, "").split() if _exists(value)]
        if values:
            found[variable] = separator.join(values)
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        found["UV_NO_INDEX"] = "1"
    if "UV_INDEX" in found:
        # pip takes the pinned file from whichever index has it; uv by default from the first with the name.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    taken = {name.upper() for name in environment}
    return {name: value for name, value in found.items() if name not in taken}


def _exists(place: str) -> bool:
    """Say whether a folder exists, or whether the place is on another machine: pip skips missing folders."""
    parts = urlsplit(place)
    if parts.scheme not in ("", "file"):
        return True
    return Path(unquote(parts.path)).expanduser().exists()
