#!/usr/bin/env bash
# What only a real browser shows: the backend wasm in Chromium, in isolated pages and others, and examples/playground as a visitor uses it.
# Installs Debian's chromium where it is missing and may be installed. Fails where it cannot run.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ ! -x "${PULLBACK_CHROMIUM:-/usr/bin/chromium}" ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "no ${PULLBACK_CHROMIUM:-/usr/bin/chromium}: install Debian's chromium, or name another by PULLBACK_CHROMIUM" >&2
    exit 1
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium
fi
npx -y pnpm@12.21.0 -C .ci/browser install --frozen-lockfile --silent
node_modules/.bin/tsc -p .ci/browser
node_modules/.bin/vitest run --config .ci/browser/wasm.config.ts --reporter=dot
node_modules/.bin/vitest run --config .ci/browser/playground.config.ts --reporter=default
