#!/bin/sh
# Runs the set-up with a Python that replant supports: $PYTHON if given, else the first that fits.
set -eu
cd "$(dirname "$0")/.."

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

# A name is tried, not only looked for: some version managers put names on PATH that do not run.
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$candidate" >/dev/null 2>&1 && fits "$candidate"; then
        # -E and -s: the user's PYTHONPATH and own packages do not matter. -B: nothing is left behind.
        exec "$candidate" -B -E -s -m bootstrap "$@"
    fi
done

found=$("${PYTHON:-python3}" --version 2>&1) || found="none"
echo "replant: it needs Python 3.11, 3.12 or 3.13, and ${PYTHON:-python3} is: $found." \
    "Install one of them, or name one: make ... PYTHON=/path/to/python3.12." >&2
exit 2
