#!/usr/bin/env bash
# Sets up training/.venv (setup.sh), and runs linter and tests. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")"

bash setup.sh
.venv/bin/ruff check -q .
.venv/bin/ruff format -q --check .
exec .venv/bin/python -m pytest -n auto --dist loadfile "$@"
