#!/usr/bin/env bash
# What a page gets from bundlers other than Vite 8, and from an import map without any: packed tarballs, installed with npm outside of the repository, built without a warning,
# opened in Chromium. `.ci/bundlers.sh webpack` looks at one.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
if [ ! -x "${PULLBACK_CHROMIUM:-/usr/bin/chromium}" ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$place/tarballs" >/dev/null
cp -r .ci/bundlers/. "$place"
cd "$place"
# Parcel reads the exports of packages where it is told to.
echo '{ "type": "module", "private": true, "@parcel/resolver-default": { "packageExports": true } }' >package.json
npm install --silent --no-audit --no-fund vite@7 webpack@5 rollup@4 @rollup/plugin-node-resolve@16 esbuild@0.28 parcel@2 \
  "playwright-core@$(node -p 'require(process.argv[1]).devDependencies["playwright-core"]' "$root/package.json")"
npm install --silent --no-audit --no-fund --no-save "$place"/tarballs/*.tgz
node look.mjs "$@"
