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
  files=$(tar -tzf "$tarball")
  for needed in package.json README.md LICENSE; do
    grep -qx "package/$needed" <<<"$files" || { echo "without $needed"; exit 1; }
  done
  strange=$(grep -vxE 'package/(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist/.+\.(js|js\.map|d\.ts|d\.ts\.map)|src/.+\.ts)' <<<"$files" || true)
  [ -z "$strange" ] || { printf 'what is this?\n%s\n' "$strange"; exit 1; }
  tar -xzOf "$tarball" package/package.json | node -e '
    const { exports, scripts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    if (exports["./package.json"] !== "./package.json") throw new Error("package.json is not exported");
    if (!scripts.prepack) throw new Error("nothing builds it before it is packed");
  '
  "$bin/publint" --strict "$tarball"
  "$bin/attw" --profile esm-only "$tarball"
done
