#!/usr/bin/env bash
# Makes the API reference in docs/api/site.
set -euo pipefail
cd "$(dirname "$0")/../docs/api"
npx -y pnpm@12.21.0 install --frozen-lockfile --silent
node_modules/.bin/typedoc
