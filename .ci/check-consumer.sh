#!/usr/bin/env bash
# What the documentation shows, as a user would have it: installed from packed tarballs in an empty folder outside of the repository,
# checked by tsc --strict without skipLibCheck, and run on the oldest and the newest Node that are supported.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
npx -y pnpm@12.21.0 -r --filter './packages/*' pack --pack-destination "$place/tarballs" >/dev/null
node - "$root" "$place" <<'NODE'
const { existsSync, readdirSync, readFileSync, writeFileSync, cpSync } = require('node:fs');
const [root, place] = process.argv.slice(2);
const tarballs = Object.fromEntries(
  readdirSync(`${root}/packages`).flatMap((folder) => {
    if (!existsSync(`${root}/packages/${folder}/package.json`)) return [];
    const { name, version, private: unpublished } = JSON.parse(readFileSync(`${root}/packages/${folder}/package.json`, 'utf8'));
    return unpublished ? [] : [[name, `file:tarballs/${name.replace('@', '').replace('/', '-')}-${version}.tgz`]];
  }),
);
const versions = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).devDependencies;
const { valibot } = JSON.parse(readFileSync(`${root}/examples/custom/package.json`, 'utf8')).dependencies;
const { pullback, '@pullback/testing': testing, '@pullback/text': text, '@pullback/data': data, '@pullback/federated': federated, '@pullback/inspector': inspector, '@pullback/onnx': onnx, '@pullback/plots': plots, ...overrides } = tarballs;
writeFileSync(
  `${place}/package.json`,
  JSON.stringify({
    type: 'module',
    private: true,
    dependencies: { pullback, '@pullback/testing': testing, '@pullback/text': text, '@pullback/data': data, '@pullback/federated': federated, '@pullback/inspector': inspector, '@pullback/onnx': onnx, '@pullback/plots': plots, valibot, typescript: versions.typescript, '@types/node': versions['@types/node'] },
    overrides,
  }),
);
const compilerOptions = {
  strict: true,
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: ['node'],
  rewriteRelativeImportExtensions: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: false,
  rootDir: '.',
  outDir: 'out',
};
writeFileSync(`${place}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ['custom', 'guide'] }));
for (const name of ['custom', 'guide']) cpSync(`${root}/examples/${name}/src`, `${place}/${name}`, { recursive: true });
NODE
cd "$place"
npm install --silent --no-audit --no-fund
npx tsc -p tsconfig.json
# No type of ours asks for more than a page of ES2022 has, Node's types neither.
printf "export * as %s from '%s';\n" all pullback testing @pullback/testing text @pullback/text layers @pullback/layers/plugin >types.ts
npx tsc --strict --noEmit --module nodenext --target es2022 --lib es2022,dom --types '' types.ts --ignoreConfig
for version in 20.20.2 24; do
  for name in custom guide; do
    npx -y -p "node@$version" node "out/$name/main.js" >/dev/null
    echo "examples/$name on node $version: as the documentation says"
  done
done
# An application's own inversify is ours, in plain Node and by way of a loader of TypeScript.
npm install --silent --no-audit --no-fund inversify@8 "tsx@$(node -p 'require(process.argv[1]).devDependencies.tsx' "$root/package.json")"
[ "$(npm ls inversify --all --parseable | sort -u | wc -l)" = 1 ] || { npm ls inversify --all; exit 1; }
cat >own-container.mjs <<'JS'
import { Container } from 'inversify';
import { builtins, createContainer, createModel } from 'pullback';

const own = new Container();
own.load(builtins);
const model = await createModel(own, { input: [2], layers: [{ type: 'dense', units: 1 }], loss: 'halfSquaredError', optimizer: { type: 'sgd', learningRate: 0.1 } });
model.dispose();
if (!(createContainer(builtins) instanceof Container)) throw new Error('createContainer makes a Container of another copy');
JS
cp own-container.mjs own-container.ts
for version in 20.20.2 24; do
  npx -y -p "node@$version" node own-container.mjs
  npx -y -p "node@$version" node --import tsx own-container.ts
done
# A first training step without a container finds no inversify, and needs none.
cat >first-step.mjs <<'JS'
import { dense, halfSquaredError, Model, sequential, sgd, tanh } from 'pullback';

const model = await Model.create({
  network: sequential(dense(3), tanh(), dense(1)),
  input: [2],
  loss: halfSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: 'wasm',
});
await model.step({ x: [[1, 2]], y: [[1]] }).loss.read();
JS
mv node_modules/inversify aside
node first-step.mjs
mv aside node_modules/inversify
echo "inversify: one copy, the application's own; none for a first step"
# Once more as one file: nothing that a bundler leaves out is missed.
cat >vite.config.mjs <<'JS'
export default {
  logLevel: 'warn',
  build: { ssr: 'custom/main.ts', outDir: 'bundled', target: 'es2022', minify: true },
  ssr: { noExternal: true },
};
JS
"$root/node_modules/.bin/vite" build
node bundled/main.js >/dev/null
echo "examples/custom as a bundle: as the documentation says"
