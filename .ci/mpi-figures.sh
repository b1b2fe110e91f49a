#!/usr/bin/env bash
# The figures of docs/decisions/many-machines.md. They mean something on two free cores; `quick` only shows that all of it runs.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node --conditions=@pullback/source --import tsx packages/mpi/test/measure/figures.ts "$@"
