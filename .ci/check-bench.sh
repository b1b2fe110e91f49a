#!/usr/bin/env bash
# The benchmark installs, type checks, and its shortest case runs: all libraries compute the same losses.
set -euo pipefail
cd "$(dirname "$0")/.."
npm run -s bench -- xor --rounds 3
packages/bench/node_modules/.bin/tsc -p packages/bench
