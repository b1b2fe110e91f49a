#!/usr/bin/env bash
# The whole examination of the native backend, which needs a C compiler: installed where that can be done, else it is said that nothing was run.
set -euo pipefail
cd "$(dirname "$0")/.."
compiler() { command -v cc || command -v gcc || command -v clang; }
if ! compiler > /dev/null && command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev || true
fi
if ! compiler > /dev/null; then
  echo 'not run: the native backend, since there is no C compiler'
  exit 0
fi
NATIVE_EVERY=1 FUZZ_PROGRAMS=100 npx vitest run packages/backend-native
