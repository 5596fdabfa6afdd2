#!/usr/bin/env bash
# Prepares a fresh clone: checks Node and installs the locked packages. Returns at once if nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node ${process.versions.node} is too old: install Node 20.19 or newer (https://nodejs.org).`);
    process.exit(1);
  }'
if ! cmp -s package-lock.json node_modules/.installed-lock; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed-lock
fi
