"""The parts of the set-up that can be looked at by themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.apt import STATUS, bare_status
from bootstrap.index import pip_settings, uv_variables
from bootstrap.progress import bar
from bootstrap.stamps import key

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def test_it_needs_the_standard_library_only() -> None:
    names = sorted(path.stem for path in (CHECKOUT / "bootstrap").glob("*.py") if path.stem != "pip_of_wheel")
    names.remove("__main__")
    program = "".join(f"import bootstrap.{name}\n" for name in names) + "import bootstrap.__main__"
    subprocess.run([sys.executable, "-E", "-s", "-S", "-c", program], cwd=CHECKOUT, check=True)


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_a_key_stands_for_one_list_of_parts(left: list[str], right: list[str]) -> None:
    assert (key(*left) == key(*right)) == (left == right)


def test_a_key_changes_with_a_files_content(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("a==1")
    before = key(files=[file])
    assert key(files=[file]) == before
    file.write_text("a==2")
    assert key(files=[file]) != before


def test_pips_own_list_of_its_settings_is_understood(tmp_path: Path) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        "[global]\nindex-url = https://me:p'w@one.invalid/simple\ncert = /global.crt\ntimeout = 7\n"
        f"[install]\ncert = /install.crt\nfind-links = /nowhere\n    {tmp_path}\n"
    )
    environment = {
        "PIP_CONFIG_FILE": str(configuration),
        "PIP_EXTRA_INDEX_URL": "https://two.invalid/s https://three.invalid/s",
        "PIP_INDEX_URL": "https://env.invalid/simple",
    }
    listed = subprocess.run(
        ["/usr/bin/env", "python3", "-m", "pip", "config", "list"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
    )
    if listed.returncode != 0:
        pytest.skip("the system's Python has no pip")
    found = uv_variables(pip_settings(listed.stdout), {"UV_HTTP_TIMEOUT": "99"})
    assert found == {
        "UV_DEFAULT_INDEX": "https://env.invalid/simple",
        "SSL_CERT_FILE": "/install.crt",
        "UV_INDEX": "https://two.invalid/s https://three.invalid/s",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": str(tmp_path),
    }


@pytest.mark.skipif(not STATUS.exists(), reason="no dpkg on this machine")
def test_the_bare_status_is_a_whole_system_to_apt(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text(bare_status(STATUS.read_text()))
    names = {
        line.partition(" ")[2] for line in status.read_text().splitlines() if line.startswith("Package:")
    }
    assert "libc6" in names
    assert not any(name.startswith("postgresql") for name in names)
    subprocess.run(["apt-get", "-s", "-o", f"Dir::State::status={status}", "check"], check=True)


def test_the_bar_tells_what_is_left_once_it_can() -> None:
    assert "left" not in bar(1, 200, 2.0)
    assert bar(100, 200, 10.0).endswith("100 of about 200 packages, 10 s, about 10 s left")
    assert bar(0, 0, 1.0).startswith("[....")


def test_make_hands_a_database_url_on_without_showing_it() -> None:
    url = "postgresql://me:kept-secret@db.invalid/trees"
    shown = subprocess.run(
        ["make", "-n", "compare"],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "DATABASE_URL": url},
        text=True,
        capture_output=True,
        check=True,
    ).stdout
    assert "kept-secret" not in shown
    assert "--without-postgres" in shown
    assert 'REPLANT_DATABASE_URL="$DATABASE_URL" .venv/bin/replant compare tree_clusters' in shown


def test_continuous_integration_calls_make_test() -> None:
    lines = (CHECKOUT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if "make" in line] == ["exec make test"]
    assert (CHECKOUT / ".ci/run").stat().st_mode & 0o100
