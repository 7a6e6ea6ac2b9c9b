"""`replant diff` with its two sides from the environment, so that no password stands in an argument."""

from __future__ import annotations

import os
import sys

from replant import main

if __name__ == "__main__":
    sys.exit(main(["diff", os.environ["LEFT_URL"], os.environ["RIGHT_URL"], *sys.argv[1:]]))
