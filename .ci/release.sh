#!/usr/bin/env bash
# The release as it would be, into a registry of this machine alone: a clone gets its versions by `.ci/version.sh`, `.ci/publish.sh` publishes it, and somebody who knows nothing of all this starts
# from there with `npm create pullback`. The registry is verdaccio of npm, which passes on what is not ours.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
place=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$place"' EXIT
upstream=$(npm config get registry)
git clone -q "$root" "$place/clone"
mkdir "$place/registry" && cd "$place/registry"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund verdaccio@6
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
cat >config.yaml <<YAML
storage: ./storage
max_body_size: 100mb
uplinks: { above: { url: $upstream } }
packages:
  'pullback': { access: \$all, publish: \$all }
  'create-pullback': { access: \$all, publish: \$all }
  '@pullback/*': { access: \$all, publish: \$all }
  '**': { access: \$all, proxy: above }
log: { type: stdout, format: pretty, level: warn }
YAML
node_modules/.bin/verdaccio --config config.yaml --listen "127.0.0.1:$port" >log 2>&1 &
server=$!
cp "$(npm config get userconfig)" "$place/npmrc" 2>/dev/null || true
export NPM_CONFIG_USERCONFIG=$place/npmrc NPM_CONFIG_REGISTRY=http://127.0.0.1:$port/ NPM_CONFIG_CACHE=$place/cache NPM_TOKEN=nobody
for _ in $(seq 100); do curl -sf "$NPM_CONFIG_REGISTRY-/ping" >/dev/null && break; sleep 0.2; done

cd "$place/clone"
.ci/version.sh
version=$(node -p 'require("./packages/pullback/package.json").version')
[ "$version" != 0.0.0 ] || { echo 'no changeset made a version'; exit 1; }
for log in packages/*/CHANGELOG.md; do grep -q "^## $version" "$log" || { echo "$log has nothing of $version"; exit 1; }; done
.ci/publish.sh >/dev/null
echo "$version is published: $(ls "$place/registry/storage" "$place/registry/storage/@pullback" | grep -c pullback) packages of the name"

mkdir "$place/somebody" && cd "$place/somebody"
begin=$SECONDS
npm create --yes --silent pullback first -- --template node >/dev/null
cd first
npm install --silent --no-audit --no-fund
[ "$(node -p 'require("pullback/package.json").version')" = "$version" ]
npm start --silent | tail -n 1 | tee said
grep -q 'trained on .*: accuracy 1$' said
echo "from an empty folder to a trained model in $((SECONDS - begin)) s"
