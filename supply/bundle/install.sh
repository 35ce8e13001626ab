#!/bin/sh
# Creates .venv beside this file and installs hqd from the wheels here; no network is used.
set -eu
cd "$(dirname "$0")"
"${PYTHON:-python3.11}" -m venv .venv
.venv/bin/python -m pip install --quiet --no-index --find-links wheels --require-hashes -r requirements.txt
.venv/bin/python -m pip install --quiet --no-index --no-deps wheels/hqd_index-*.whl
.venv/bin/hqd doctor || true
echo "installed; next: .venv/bin/hqd example provinces provinces"
