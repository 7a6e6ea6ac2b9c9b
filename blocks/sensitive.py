"""Which names and values are secret: by Airflow's masking rules, and by the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from airflow_client.records import Variable
from blocks.settings import structure
from pipelines.secrets import mask

# DEFAULT_SENSITIVE_FIELDS of Airflow 3.3.2: a name is secret if one of these is anywhere in it.
AIRFLOW_WORDS = (
    "access_key", "access_token", "api_key", "apikey", "auth_header", "authorization", "bearer",
    "connection_string", "dsn", "passphrase", "passwd", "password", "private_key", "proxy",
    "proxy_password", "proxies", "secret", "service_account", "service_key", "token", "keyfile_dict",
    "webhook_url",
)  # fmt: skip
# An object nested more deeply than Airflow's masker looks is taken for secret.
DEPTH = 5


@dataclass(frozen=True)
class SensitiveRules:
    """When a Variable is secret. The user's rules add to Airflow's, or take names out by name."""

    words: tuple[str, ...] = ()
    """Further words, as Airflow's `[core] sensitive_var_conn_names` has them."""
    secret_names: tuple[str, ...] = ()
    """Patterns of names that are secret, such as `billing_*`."""
    plain_names: tuple[str, ...] = ()
    """Patterns of names that are not, whatever the other rules say."""

    def why_secret(self, variable: Variable) -> str | None:
        """Say by which rule the Variable is secret, without its value; None if it is not."""
        if any(fnmatchcase(variable.key, pattern) for pattern in self.plain_names):
            return None
        for pattern in self.secret_names:
            if fnmatchcase(variable.key, pattern):
                return f"its name is like {pattern}"
        word = self.word_in(variable.key)
        if word:
            return f"its name has {word!r}"
        return self.why_secret_value(structure(variable.value))

    def why_secret_value(self, value: Any) -> str | None:
        """Say why a value is secret by its keys or looks, without it; None if it is not."""
        for name in _keys(value, DEPTH):
            if name is None:
                return "its value is nested deeply"
            if self.word_in(name):
                return f"its value has a key with {self.word_in(name)!r}"
        if any(mask(text) != text for text in _texts(value)):
            # A URL with a password, a webhook: Airflow itself would show these.
            return "its value holds a URL or text with a secret in it"
        return None

    def word_in(self, name: str) -> str | None:
        """Give the word that makes a name secret, or None."""
        normalized = re.sub(r"\W+", "_", name.strip().lower())
        return next((word for word in (*AIRFLOW_WORDS, *self.words) if word in normalized), None)


def is_plain(name: str, value: Any) -> bool:
    """Say whether a value of this name may stand where everybody reads it, by Airflow's own rules."""
    rules = SensitiveRules()
    return rules.word_in(name) is None and rules.why_secret_value(value) is None


def _keys(value: Any, depth: int) -> Iterator[str | None]:
    """Give every key in a value; None where it goes deeper than `depth`."""
    if isinstance(value, dict | list) and depth == 0:
        yield None
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _keys(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item, depth - 1)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
