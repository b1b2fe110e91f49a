"""Models of ONNX files in onnxruntime, on the CPU."""

import numpy as np
import onnxruntime


class Run:
    def __init__(self, session, feeds, output):
        self.session, self.feeds, self.output, self.made = session, feeds, output, []

    def step(self):
        self.made = self.session.run([self.output], self.feeds)

    def settle(self):
        pass

    def results(self):
        return self.made


class Library:
    version = f"onnxruntime {onnxruntime.__version__}"

    def __init__(self, form, threads):
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads
        self.options.inter_op_num_threads = 1

    def model(self, case, data):
        session = onnxruntime.InferenceSession(
            data["onnx"].tobytes(), self.options, providers=["CPUExecutionProvider"]
        )
        # Whole numbers are of 64 bits in these files.
        feeds = {
            name: array if array.dtype == np.float32 else array.astype(np.int64)
            for name, array in data["inputs"].items()
        }
        return Run(session, feeds, case["output"])
