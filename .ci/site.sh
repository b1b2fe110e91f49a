#!/usr/bin/env bash
# Makes the documentation as a site in docs/site/dist; with --serve it is served then.
set -euo pipefail
cd "$(dirname "$0")/../docs/site"
npx -y pnpm@12.21.0 install --frozen-lockfile --silent
npm run -s build
if [ "${1:-}" = --serve ]; then npm run -s serve; fi
