#!/usr/bin/env bash
# The packed tarballs in Firefox: Debian's firefox-esr, which is installed where it is missing and may be installed.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v "${PULLBACK_FIREFOX:-firefox-esr}" >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends firefox-esr
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$place/tarballs" >/dev/null
rm "$place"/tarballs/create-pullback-*.tgz
cp .ci/bundlers/bundlers.mjs .ci/bundlers/index.html .ci/bundlers/main.js .ci/firefox/look.mjs "$place"
cd "$place"
echo '{ "type": "module", "private": true }' >package.json
npm install --silent --no-audit --no-fund esbuild@0.28
npm install --silent --no-audit --no-fund --no-save "$place"/tarballs/*.tgz
node look.mjs
