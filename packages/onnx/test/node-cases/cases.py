"""Writes the numeric node cases of ONNX to a folder: python cases.py FOLDER (needs onnx and numpy).

A case is NAME.onnx, the model, and NAME.json with its inputs and outputs as [name, dtype, shape, numbers as little-endian bytes in base64]:
floats as float64, integers and bools as int64 (uint64 modulo 2^64). What is no tensor of numbers says so in `kind`.
"""

import base64
import json
import os
import sys

import ml_dtypes  # noqa: F401  (comes with onnx: bfloat16 and floats of 8 bits and fewer)
import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def described(name, given):
    if isinstance(given, onnx.TensorProto):
        given = numpy_helper.to_array(given)
    if not isinstance(given, (np.ndarray, np.generic)) or np.asarray(given).dtype.kind in "OUSc":
        kind = "strings or complex" if isinstance(given, (np.ndarray, np.generic)) else type(given).__name__
        return {"name": name, "kind": kind}
    array = np.asarray(given)
    dtype = str(array.dtype)
    integer = dtype.lstrip("u").startswith("int") or dtype == "bool"
    wide = array.astype(np.uint64).view(np.int64) if dtype == "uint64" else array.astype("<i8" if integer else "<f8")
    data = base64.b64encode(np.ascontiguousarray(wide).tobytes()).decode()
    return {"name": name, "dtype": dtype, "shape": list(array.shape), "integer": integer, "data": data}


def main(folder):
    os.makedirs(folder, exist_ok=True)
    listed = []
    for case in collect_testcases(None):
        graph = case.model.graph
        inputs, outputs = case.data_sets[0]
        numeric = all(
            isinstance(x, (np.ndarray, np.generic)) and np.asarray(x).dtype.kind not in "OUSc" for x in [*inputs, *outputs]
        )
        operators = sorted({node.op_type for node in graph.node})
        with open(os.path.join(folder, case.name + ".onnx"), "wb") as file:
            file.write(case.model.SerializeToString())
        record = {
            "name": case.name,
            "operator": operators[0] if len(graph.node) == 1 else "",
            "numeric": numeric,
            "rtol": case.rtol,
            "atol": case.atol,
            "inputs": [described(x.name, given) for x, given in zip(graph.input, inputs)],
            "outputs": [described(x.name, given) for x, given in zip(graph.output, outputs)],
        }
        with open(os.path.join(folder, case.name + ".json"), "w") as file:
            json.dump(record, file)
        listed.append(case.name)
    with open(os.path.join(folder, "cases.json"), "w") as file:
        json.dump({"onnx": onnx.__version__, "cases": listed}, file)
    print(f"{len(listed)} cases of onnx {onnx.__version__} in {folder}")


main(sys.argv[1])
