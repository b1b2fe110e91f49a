#!/usr/bin/env bash
# All node cases of ONNX on cpu and wasm, with their gradients, and the table of docs/onnx.md. Needs Python, whose packages it installs in a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
place=${ONNX_CASES:-$(mktemp -d)}
if [ ! -e "$place/cases.json" ]; then
  python3 -m venv "$place/venv"
  "$place/venv/bin/pip" install -q onnx==1.23.2 numpy
  "$place/venv/bin/python" packages/onnx/test/node-cases/cases.py "$place"
fi
npx tsx --tsconfig tsconfig.base.json --conditions=@pullback/source packages/onnx/test/node-cases/run.ts "$place" --gradients --table docs/onnx.md "$@"
