#!/usr/bin/env bash
# npm start: installs, builds and serves the playground, and prints its address.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
npx vite build --logLevel warn
exec npx vite preview "$@"
