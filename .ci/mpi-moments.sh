#!/usr/bin/env bash
# Ends ranks at 50 random moments by SIGKILL, and at 10 by SIGSTOP; other numbers can be given.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node --conditions=@pullback/source --import tsx packages/mpi/test/measure/moments.ts "$@"
