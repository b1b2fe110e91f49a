#!/usr/bin/env bash
# Publishes every package whose version the registry lacks; `prepack` builds each. What is given to it goes to pnpm: `.ci/publish.sh --dry-run`.
set -euo pipefail
cd "$(dirname "$0")/.."
npm run -s setup
npx -y pnpm@12.21.0 -r --filter './packages/*' publish --access public --no-git-checks "$@"
