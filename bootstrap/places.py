"""Where the set-up puts things: all below the checkout."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache"
REQUIREMENTS = CHECKOUT / "requirements"
STAMPS = CACHE / "setup"
"""What was set up, each with the key of what it was made from; and the logs of how."""
LOGS = STAMPS / "logs"
UV_FOLDER = CACHE / "bootstrap"
UV = UV_FOLDER / "bin" / "uv"
APT = CACHE / "apt"
"""apt's own state and lists, where the set-up runs as an ordinary user."""
POSTGRES_FACTS = CACHE / "postgres.json"
POSTGRES_PACKAGES = CACHE / "postgres-packages"
BROWSERS = CACHE / "browsers"
"""Where Playwright's Chromium goes, on machines where apt has none."""
INSTALLED_BY_APT = STAMPS / "installed-by-apt"
"""The packages that the set-up asked apt for, a name a line, so that `make clean` can name them."""
