#!/usr/bin/env bash
# Sets up training/.venv from the lock file, if it is not there yet.
# Needs Python 3.11+ and a package index; about 6 GB of disk for PyTorch.
set -euo pipefail
cd "$(dirname "$0")"

stamp=.venv/requirements.sha256
wanted=$(cat requirements.lock pyproject.toml | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: $(python3 --version) is too old: install Python 3.11 or newer" >&2
    exit 1
  }
  echo "setting up training/.venv"
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check uv==0.13.9
  .venv/bin/uv pip install -q --python .venv/bin/python --require-hashes -r requirements.lock
  .venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
  echo "$wanted" >"$stamp"
fi
