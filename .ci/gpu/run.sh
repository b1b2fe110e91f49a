#!/bin/sh
# Runs the whole suite of the WebGPU backend and its bench on this machine's adapter, the bench for at most 150 s: `pullback-gpu/run`. The table is in table.md beside it.
# `run table` makes the table alone, `run suite` runs the tests alone.
cd "$(dirname "$0")" || exit 1
chmod +x node
failed=0
if [ "$1" != table ]; then
  ./node --test --test-concurrency=1 --test-reporter=dot suite/*.test.mjs || failed=1
fi
if [ "$1" != suite ]; then
  libraries=pullback
  ls bench/jax-js-*.mjs >/dev/null 2>&1 && libraries=pullback,jax-js
  timeout 240 ./node bench/measure.mjs "$libraries" 150 | tee table.md
  grep -q '^| gpt-small' table.md || failed=1
fi
exit $failed
