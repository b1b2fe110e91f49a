"""A process of one Python library: does what it is asked, a request a line on stdin, a reply a line on stdout."""

import base64
import json
import resource
import sys
import time


def numbers(np, given):
    return np.frombuffer(base64.b64decode(given["data"]), dtype=np.float32).reshape(given["shape"])


def sample(np, results):
    """The same places as `sampleOf` of library.ts takes."""
    found = []
    for result in results:
        flat = np.asarray(result).reshape(-1)
        last = flat.size - 1
        found += [float(flat[int(i * last / 64 + 0.5)]) for i in range(65)]
    return found


class Jax:
    """JAX, the whole step in one jit, its state donated."""

    def __init__(self):
        import jax
        import jax.numpy as jnp
        import numpy as np

        self.jax, self.jnp, self.np = jax, jnp, np
        self.version = jax.__version__
        self.activations = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "silu": jax.nn.silu}

    def array(self, given):
        return self.jnp.asarray(numbers(self.np, given))

    def forward(self, layers, x, activation):
        for i, (kernel, bias) in enumerate(layers):
            x = x @ kernel + bias
            if i < len(layers) - 1:
                x = activation(x)
        return x

    def train(self, case, data):
        jax, jnp = self.jax, self.jnp
        activation = self.activations[case["activation"]]
        rate = case["learningRate"]

        def loss(layers, x, y):
            z = self.forward(layers, x, activation)
            if case["loss"] == "softmaxCrossEntropy":
                return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(z), axis=1))
            return 0.5 * jnp.mean(jnp.sum((jax.nn.sigmoid(z) - y) ** 2, axis=1))

        def sgd(state, x, y):
            value, slopes = jax.value_and_grad(loss)(state, x, y)
            return jax.tree.map(lambda w, g: w - rate * g, state, slopes), value

        def adam(state, x, y):
            w, m, v, t = state
            value, slopes = jax.value_and_grad(loss)(w, x, y)
            t = t + 1
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slopes)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slopes)
            a, b = 1 - 0.9**t, 1 - 0.999**t
            w = jax.tree.map(lambda w, m, v: w - rate * (m / a) / (jnp.sqrt(v / b) + 1e-8), w, m, v)
            return (w, m, v, t), value

        layers = [(self.array(each["kernel"]), self.array(each["bias"])) for each in data["layers"]]
        zeros = lambda: jax.tree.map(jnp.zeros_like, layers)
        state = layers if case["optimizer"] == "sgd" else (layers, zeros(), zeros(), jnp.float32(0))
        step = jax.jit(sgd if case["optimizer"] == "sgd" else adam, donate_argnums=0)
        batches = [(self.array(each["x"]), self.array(each["y"])) for each in data["batches"]]
        held = {"state": state, "taken": 0, "loss": None}

        def run(count):
            for _ in range(count):
                x, y = batches[held["taken"] % len(batches)]
                held["state"], held["loss"] = step(held["state"], x, y)
                held["taken"] += 1

        return run, lambda: held["loss"].block_until_ready(), lambda: [float(held["loss"])]

    def function(self, case, data):
        jax, jnp = self.jax, self.jnp
        gelu = lambda x: jax.nn.gelu(x, approximate=False)
        softmax = lambda x, w: (jax.nn.softmax(x), jax.grad(lambda x: jnp.sum(jax.nn.softmax(x) * w))(x))
        functions = {
            "matmul": lambda x, y: (x @ y,),
            "exp": lambda x: (jnp.exp(x),),
            "tanh": lambda x: (jnp.tanh(x),),
            "sigmoid": lambda x: (jax.nn.sigmoid(x),),
            "gelu": lambda x: (gelu(x),),
            "elementwise": lambda x: (jnp.exp(x), jnp.tanh(x), jax.nn.sigmoid(x), gelu(x)),
            "softmax": softmax,
        }
        return self.called(jax.jit(functions[case["name"]]), [self.array(each) for each in data])

    def predict(self, case, data):
        layers = [(self.array(each["kernel"]), self.array(each["bias"])) for each in data["layers"]]
        f = self.jax.jit(lambda x: (self.forward(layers, x, self.jax.nn.relu),))
        return self.called(f, [self.array(data["x"])])

    def called(self, f, given):
        held = {"results": ()}

        def run(count):
            for _ in range(count):
                held["results"] = f(*given)

        def settle():
            for result in held["results"]:
                result.block_until_ready()

        return run, settle, lambda: sample(self.np, held["results"])


libraries = {"jax": Jax}


class Session:
    """As session.ts has it."""

    def __init__(self):
        self.block = 1

    def start(self, library, case, data):
        begin = time.perf_counter()
        made = libraries[library]()
        kind = case["kind"]
        form = {"training": made.train, "function": made.function, "prediction": made.predict}[kind]
        self.run, self.settle, self.figures = form(case, data)
        self.run(1)
        figures = [self.figures()]
        first = (time.perf_counter() - begin) * 1000
        checks = case["checks"] if kind == "training" else {"single": 1, "more": 2}
        for _ in range(1, checks["single"]):
            self.run(1)
            figures.append(self.figures())
        self.run(checks["more"])
        figures.append(self.figures())
        return {"firstStepMs": first, "figures": figures}

    def timed(self, steps):
        begin = time.perf_counter()
        self.run(steps)
        self.settle()
        return (time.perf_counter() - begin) * 1000

    def warmUp(self, milliseconds):
        end = time.perf_counter() + milliseconds / 1000
        while True:
            spent = self.timed(self.block)
            self.block = max(1, min(-(-self.block * 10 // max(spent, 1.25)).__int__(), 8 * self.block))
            if time.perf_counter() >= end:
                return None

    def turn(self, milliseconds):
        loop = time.perf_counter()
        state = 1
        for _ in range(100_000):
            state = (state * 5 + 1) & 0xFFFF
        loop = (time.perf_counter() - loop) * 1000
        self.timed(self.block)
        end = time.perf_counter() + milliseconds / 1000
        steps = []
        while not steps or time.perf_counter() < end:
            steps.append(self.timed(self.block) / self.block)
        return {"stepMs": steps, "loopMs": loop}

    def count(self, steps):
        self.timed(steps)
        return {}

    def peak(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


session = Session()
for line in sys.stdin:
    request = json.loads(line)
    try:
        asked = getattr(session, request["kind"])
        reply = {"result": asked(*request["args"])}
    except Exception as failure:  # what went wrong is told, whatever it is
        reply = {"failure": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(reply), flush=True)
