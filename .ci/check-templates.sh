#!/usr/bin/env bash
# The templates as somebody would start from them: copied to an empty folder outside of the repository, installed with npm from packed
# tarballs, type checked, tested and built.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$place/tarballs" >/dev/null
for name in plugin-template backend-template; do
  mkdir "$place/$name"
  git ls-files -z "examples/$name" | xargs -0 cp --parents -t "$place/$name"
  cd "$place/$name/examples/$name"
  npm install --silent --no-audit --no-fund --no-save "$place"/tarballs/*.tgz
  npm run -s typecheck
  npm test --silent
  npm run -s build
  echo "examples/$name: installed, checked, tested and built from tarballs"
  cd "$root"
done
