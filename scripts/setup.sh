#!/usr/bin/env bash
# Brings a fresh clone to where its commands run: checks Node, installs the locked packages. Quick when there is nothing to do.
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
