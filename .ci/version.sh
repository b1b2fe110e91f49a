#!/usr/bin/env bash
# The changesets become versions and CHANGELOG.md files; what it changed is to be looked at, committed and tagged: v0.1.0.
set -euo pipefail
cd "$(dirname "$0")/.."
(cd .ci/tools && npx -y pnpm@12.21.0 install --frozen-lockfile --silent)
.ci/tools/node_modules/.bin/changeset version
