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
# Bun and Deno bring their programs as packages; clang is another compiler. Where they cannot be had, their tests are skipped by name.
if [ -z "${BUN:-}${DENO:-}" ] && npm install --silent --no-save --prefix .ci/runtimes bun deno > /dev/null 2>&1; then
  BUN="$PWD/.ci/runtimes/node_modules/.bin/bun" DENO="$PWD/.ci/runtimes/node_modules/.bin/deno"
  export BUN DENO
fi
if ! command -v clang > /dev/null && command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
  apt-get install -y -qq --no-install-recommends clang > /dev/null 2>&1 || echo 'not run: what clang compiles'
fi
NATIVE_EVERY=1 FUZZ_PROGRAMS=100 npx vitest run packages/backend-native
