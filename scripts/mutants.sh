#!/usr/bin/env bash
# npm run mutants: checks that the unit tests catch small wrong edits (scripts/mutants.ts). Takes about ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
# shellcheck source=scripts/browsers.sh
source scripts/browsers.sh
exec node scripts/run.mjs scripts/mutants.ts "$@"
