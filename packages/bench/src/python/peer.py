"""A process of one Python library: does what it is asked, a request a line on stdin, a reply a line on stdout. Arrays come in files."""

import importlib
import json
import resource
import sys
import time

import numpy as np


def loaded(data):
    """The same data with every { file, shape, dtype } read."""
    if isinstance(data, list):
        return [loaded(each) for each in data]
    if not isinstance(data, dict):
        return data
    if "file" in data:
        return np.fromfile(data["file"], dtype=data["dtype"]).reshape(data["shape"])
    return {name: loaded(each) for name, each in data.items()}


def sample(results):
    """As sampleOf in library.ts: 65 elements of each result, evenly spread."""
    figures = []
    for result in results:
        flat = np.asarray(result, dtype=np.float32).reshape(-1)
        last = flat.size - 1
        figures += [float(flat[int(i * last / 64 + 0.5)]) for i in range(65)]
    return figures


class Session:
    """As session.ts has it."""

    block = 1

    def start(self, library, form, threads, clock, name, case, data):
        data = loaded(data)
        self.clock = time.process_time if clock == "cpu" else time.perf_counter
        begin = self.clock()
        made = importlib.import_module(f"in_{library}").Library(form, threads)
        kind = case["kind"]
        self.run = made.step(name, data) if kind == "step" else getattr(made, kind)(case, data)
        self.is_loss = kind in ("training", "language")
        self.steps(1)
        figures = [self.figures()]
        first = (self.clock() - begin) * 1000
        checks = case.get("checks", {"single": 1, "more": 2})
        for _ in range(1, checks["single"]):
            self.steps(1)
            figures.append(self.figures())
        self.steps(checks["more"])
        figures.append(self.figures())
        return {"firstStepMs": first, "figures": figures, "version": made.version}

    def figures(self):
        self.run.settle()
        results = self.run.results()
        return [float(results[0])] if self.is_loss else sample(results)

    def steps(self, count):
        for _ in range(count):
            self.run.step()

    def timed(self, count):
        begin = self.clock()
        self.steps(count)
        self.run.settle()
        return (self.clock() - begin) * 1000

    def warmUp(self, milliseconds, block=10):
        end = time.perf_counter() + milliseconds / 1000
        while True:
            spent = self.timed(self.block)
            wanted = -(-self.block * block // max(spent, block / 8))
            self.block = int(max(1, min(wanted, 8 * self.block)))
            if time.perf_counter() >= end:
                return None

    def turn(self, milliseconds):
        taken = []
        self.timed(self.block)
        end = time.perf_counter() + milliseconds / 1000
        while not taken or time.perf_counter() < end:
            taken.append(self.timed(self.block) / self.block)
        return {"stepMs": taken}

    def peak(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


session = Session()
for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = {"result": getattr(session, request["kind"])(*request["args"])}
    except Exception as failure:  # what went wrong is told, whatever it is
        reply = {"failure": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(reply), flush=True)
