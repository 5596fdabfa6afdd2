#!/usr/bin/env bash
# npm test: sets everything up and runs all checks of the playground: types, lint, unused exports, unit and kernel tests,
# golden vectors, size, end-to-end tests in real browsers.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
bash scripts/browsers.sh & # installs missing browsers meanwhile

step() { printf '\n== %s\n' "$*"; }
step types;  npx tsc --noEmit
step lint;   npx biome check --error-on-warnings .
step unused; npx knip
wait
# shellcheck source=scripts/browsers.sh
source scripts/browsers.sh
step unit;   npx vitest run
step golden; npm run -s check:golden -- tests/golden/leapformer-attention.json tests/golden/models/*/golden.json public/weights/*/golden.json &
golden=$! # on one core, beside the builds
step build;  npx vite build --logLevel warn
step chunks; node scripts/check-build.mjs
step package; npm run -s build:package; npm run -s check:package
step size;   npx size-limit
wait $golden
step e2e;    npx playwright test
