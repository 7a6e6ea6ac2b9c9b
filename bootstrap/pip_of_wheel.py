"""Runs pip out of Debian's wheel: `python pip_of_wheel.py WHEEL CERTIFICATES ARGUMENT...`.

Debian's pip takes certificates from /etc/ssl only. Where there are none, its newer versions fail on start
(pip/_vendor/requests/adapters.py loads them while it is imported), even if pip is given others.
"""

import importlib
import runpy
import sys

_, wheel, certificates, *arguments = sys.argv
sys.path.insert(0, wheel)

certifi = importlib.import_module("pip._vendor.certifi")
certifi.where = lambda: certificates  # type: ignore[attr-defined]
sys.argv = ["pip", *arguments]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
