"""Chooses small cases for every test run: of each operator that passes the smallest numeric one.

python fixtures.py FOLDER OUT PASSED, after cases.py FOLDER and run.ts FOLDER --passed PASSED.
"""

import base64
import json
import os
import sys

folder, out, passed = sys.argv[1:]
with open(passed) as file:
    passing = set(file.read().split())
with open(os.path.join(folder, "cases.json")) as file:
    listed = json.load(file)
chosen = {}
for name in listed["cases"]:
    with open(os.path.join(folder, name + ".json")) as file:
        case = json.load(file)
    with open(os.path.join(folder, name + ".onnx"), "rb") as file:
        model = base64.b64encode(file.read()).decode()
    size = len(model) + len(json.dumps(case))
    if name in passing and case["numeric"] and case["operator"] and size < 3500:
        chosen.setdefault(case["operator"], []).append((size, {**case, "model": model}))
cases = [case for each in chosen.values() for _, case in sorted(each, key=lambda pair: pair[0])[:1]]
with open(out, "w") as file:
    json.dump({"onnx": listed["onnx"], "cases": cases}, file, indent=0)
print(len(cases), "cases,", os.path.getsize(out), "bytes")
