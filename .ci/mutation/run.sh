#!/usr/bin/env bash
# Mutation tests of core's ops, vjps and math: `npm run mutation`, or for one file `npm run mutation packages/core/src/ops/max.ts`.
# The last report stays in reports/.
set -euo pipefail
cd "$(dirname "$0")"
npx -y pnpm@12.21.0 install --frozen-lockfile --silent
cd ../..
options=()
for argument in "$@"; do
  case "$argument" in
    --*) options+=("$argument") ;;
    *) options+=(--mutate "$argument") ;;
  esac
done
.ci/mutation/node_modules/.bin/stryker run .ci/mutation/stryker.config.mjs "${options[@]}"
node .ci/mutation/survivors.mjs
