#!/usr/bin/env bash
# What `npm create pullback` makes, as somebody would start from it: into an empty folder outside of the repository, by the packed package, installed with npm from packed
# tarballs, type checked, and trained. `.ci/check-templates.sh node plugin` looks at some; Deno, Bun and workerd come from npm.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
names=("$@")
[ $# -gt 0 ] || names=(vite node deno bun workerd plugin backend)
place=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$place"' EXIT
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$place/tarballs" >/dev/null
mkdir "$place/tools" && cd "$place/tools"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund "$place"/tarballs/create-pullback-*.tgz
rm "$place"/tarballs/create-pullback-*.tgz

# Every starter says what it reached.
trained() {
  local said
  said=$("$@" 2>&1)
  grep -q 'trained on .*: accuracy 1$' <<<"$said" || { printf '%s\n' "$said"; return 1; }
}

for name in "${names[@]}"; do
  cd "$place"
  tools/node_modules/.bin/create-pullback "my-$name" --template "$name" >/dev/null
  cd "my-$name"
  ! grep -q '"0.0.0"' package.json || [ "$(node -p 'require(process.argv[1]).version' "$root/packages/core/package.json")" = 0.0.0 ]
  npm install --silent --no-audit --no-fund --no-save "$place"/tarballs/*.tgz
  case $name in
    plugin | backend)
      npm run -s typecheck
      npm test --silent
      npm run -s build
      ;;
    node)
      npm run -s typecheck
      trained npm start --silent
      ;;
    deno | bun)
      npm install --silent --no-audit --no-fund --prefix "$place/tools" "$name@$([ "$name" = deno ] && echo 2 || echo 1)"
      export PATH="$place/tools/node_modules/.bin:$PATH"
      if [ "$name" = deno ]; then
        deno task --quiet check
        trained deno task --quiet start
      else
        bun run --silent typecheck
        trained bun run --silent start
      fi
      ;;
    workerd)
      npm run -s typecheck
      npm run -s build
      port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
      sed -i "s/127.0.0.1:8787/127.0.0.1:$port/" config.capnp
      "$(node "$root/.ci/templates/workerd.mjs")" serve config.capnp >log 2>&1 &
      server=$!
      node "$root/.ci/templates/ask.mjs" "$port" || { cat log; exit 1; }
      kill "$server"
      server=
      ;;
    vite)
      npm run -s typecheck
      npm run -s build
      npm install --silent --no-audit --no-fund --prefix "$place/tools" "playwright-core@$(node -p 'require(process.argv[1]).devDependencies["playwright-core"]' "$root/package.json")"
      cp "$root/.ci/templates/press.mjs" "$place/tools"
      node "$place/tools/press.mjs" "$PWD"
      ;;
  esac
  echo "npm create pullback, $name: installed, checked and trained"
done
