#!/usr/bin/env bash
# The packed tarballs in Node 20, 22 and 24, Deno and Bun, each as npm has it: all train, and to the same bits.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$place/tarballs" >/dev/null
cp .ci/runtimes/train.mjs "$place"
cd "$place"
echo '{ "type": "module", "private": true }' >package.json
npm install --silent --no-audit --no-fund "$place"/tarballs/*.tgz
mkdir tools && cd tools
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund deno@2 bun@1 node20@npm:node@20.20.2 node22@npm:node@22 node24@npm:node@24
cd "$place"
said=''
for runtime in node20 node22 node24 deno bun; do
  case $runtime in
    node*) out=$("tools/node_modules/$runtime/bin/node" train.mjs) ;;
    deno) out=$(tools/node_modules/.bin/deno run --allow-all --node-modules-dir=manual train.mjs) ;;
    bun) out=$(tools/node_modules/.bin/bun run train.mjs) ;;
  esac
  [ "${said:=$out}" = "$out" ] || { printf '%s computes otherwise:\n%s\ninstead of\n%s\n' "$runtime" "$out" "$said"; exit 1; }
  echo "$runtime: trained, to the same bits"
done
printf '%s\n' "$said"
