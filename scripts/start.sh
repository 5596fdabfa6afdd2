#!/usr/bin/env bash
# npm start: sets everything up, builds the playground and serves it, printing the address.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
npx vite build --logLevel warn
exec npx vite preview "$@"
