#!/usr/bin/env bash
# What a page gets that somebody builds with Vite: packed tarballs, installed with npm outside of the repository, built and served, on the main thread and
# in a worker, and from the dev server; each backend learns XOR in Chromium. Installs Debian's chromium where it is missing and may be installed.
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
cp -r .ci/pages/. "$place"
cd "$place"
node -e '
  const { devDependencies: { vite, "playwright-core": playwright } } = require(process.argv[1]);
  require("fs").writeFileSync("package.json", JSON.stringify({ type: "module", private: true, dependencies: { vite, "playwright-core": playwright } }));
' "$root/package.json"
npm install --silent --no-audit --no-fund
npm install --silent --no-audit --no-fund --no-save "$place"/tarballs/*.tgz
node look.mjs
