#!/usr/bin/env bash
# Publishes every package whose version the registry lacks; `prepack` builds each. Options go to pnpm: `.ci/publish.sh --dry-run`.
set -euo pipefail
cd "$(dirname "$0")/.."
npm run -s setup
if [ -n "${NPM_TOKEN:-}" ]; then
  registry=$(npm config get registry)
  npm config set "${registry#*:}:_authToken" '${NPM_TOKEN}' # which is read from the environment: the file holds no secret
fi
npx -y pnpm@12.21.0 -r --filter './packages/*' publish --access public --no-git-checks "$@"
