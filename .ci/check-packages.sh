#!/usr/bin/env bash
# Packs every package as it would be published and looks at it with publint and "are the types wrong".
set -euo pipefail
cd "$(dirname "$0")/.."
(cd .ci/tools && npx -y pnpm@12.21.0 install --frozen-lockfile --silent)
bin="$PWD/.ci/tools/node_modules/.bin"
for manifest in packages/*/package.json; do
  node -e '
    const { name, private: own, exports, scripts } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    if (own) process.exit();
    if (exports["./package.json"] !== "./package.json") throw new Error(`${name} does not export its package.json`);
    if (scripts.prepack !== "node ../prepack.mjs") throw new Error(`nothing builds ${name} before it is packed`);
  ' "$manifest"
done
packed=$(mktemp -d)
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$packed" >/dev/null
for tarball in "$packed"/*.tgz; do
  echo "$(basename "$tarball")"
  files=$(tar -tzf "$tarball")
  for needed in package.json README.md LICENSE; do
    grep -qx "package/$needed" <<<"$files" || { echo "without $needed"; exit 1; }
  done
  strange=$(grep -vxE 'package/(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist/.+\.(js|js\.map|d\.ts|d\.ts\.map)|templates/.+|src/.+\.ts|docs/(.+\.md|llms\.txt))' <<<"$files" || true)
  [ -z "$strange" ] || { printf 'what is this?\n%s\n' "$strange"; exit 1; }
  "$bin/publint" --strict "$tarball"
  # A command has no types.
  [[ $tarball == */create-pullback-* ]] || "$bin/attw" --profile esm-only "$tarball"
done
