#!/usr/bin/env bash
# The whole examination of training on many processes, which needs Open MPI: installed where that can be done, else it is said that nothing was run.
# Hosts of their own and SLURM are `.ci/matrix`'s.
set -euo pipefail
cd "$(dirname "$0")/.."
launcher() { command -v mpirun.openmpi || command -v mpirun.mpich; }
if ! launcher > /dev/null && command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends openmpi-bin libopenmpi3 mpich || true
fi
if ! launcher > /dev/null; then
  echo 'not run: training on many processes, since there is no MPI'
  exit 0
fi
MPI_EVERY=1 npx vitest run packages/mpi
