"""Gives files that write.ts or real-files/train.ts wrote to onnxruntime, and compares to 1e-5: python run.py FOLDER."""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime

folder = sys.argv[1]
onnxruntime.set_default_logger_severity(3)
with open(os.path.join(folder, "written.json")) as file:
    cases = json.load(file)
failed = 0
for case in cases:
    path = os.path.join(folder, case["file"])
    try:
        onnx.checker.check_model(path)
        session = onnxruntime.InferenceSession(path)
        kinds = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}
        types = {x.name: kinds[x.type] for x in session.get_inputs()}
        feeds = {
            name: np.array(x["data"], dtype=types[name]).reshape(x["shape"]) for name, x in case["inputs"].items()
        }
        made = dict(zip([x.name for x in session.get_outputs()], session.run(None, feeds)))
        for name, wanted in case["outputs"].items():
            expected = np.array(wanted["data"], dtype=np.float64).reshape(wanted["shape"])
            np.testing.assert_allclose(made[name], expected, rtol=1e-5, atol=1e-5)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is one line of the report)
        failed += 1
        print(f"{case['name']}: {' '.join(str(error).split())[:200]}")
print(f"{len(cases) - failed} of {len(cases)} equal in onnxruntime {onnxruntime.__version__}")
sys.exit(failed > 0)
