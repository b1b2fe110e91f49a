#!/usr/bin/env bash
# Packs every package as it would be published and looks at it with publint and "are the types wrong".
set -euo pipefail
cd "$(dirname "$0")/.."
(cd .ci/tools && npx -y pnpm@12.21.0 install --frozen-lockfile --silent)
bin="$PWD/.ci/tools/node_modules/.bin"
packed=$(mktemp -d)
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$packed" >/dev/null
for tarball in "$packed"/*.tgz; do
  echo "$(basename "$tarball")"
  "$bin/publint" --strict "$tarball"
  "$bin/attw" --profile esm-only "$tarball"
done
