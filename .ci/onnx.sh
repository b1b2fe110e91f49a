#!/usr/bin/env bash
# All node cases of ONNX on cpu and wasm, with their gradients, and the table of docs/onnx.md; models of our layers in onnxruntime; real files
# beside onnxruntime. Needs Python, whose packages it installs in a folder of its own (ONNX_CASES keeps it).
set -euo pipefail
cd "$(dirname "$0")/.."
place=${ONNX_CASES:-$(mktemp -d)}
if [ ! -e "$place/cases.json" ]; then
  python3 -m venv "$place/venv"
  "$place/venv/bin/pip" install -q onnx==1.23.2 onnxruntime==1.32.0 numpy
  "$place/venv/bin/python" packages/onnx/test/node-cases/cases.py "$place"
fi
run() { npx tsx --tsconfig tsconfig.base.json --conditions=@pullback/source "packages/onnx/test/$@"; }
run node-cases/run.ts "$place" --gradients --table docs/onnx.md
run written/write.ts "$place/written"
"$place/venv/bin/python" packages/onnx/test/written/run.py "$place/written"
[ -e "$place/files/files.json" ] || "$place/venv/bin/python" packages/onnx/test/real-files/files.py "$place/files"
run real-files/run.ts "$place/files"
run real-files/train.ts "$place/files" "$place/trained"
"$place/venv/bin/python" packages/onnx/test/written/run.py "$place/trained"
