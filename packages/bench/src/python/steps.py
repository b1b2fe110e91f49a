"""Cases of the benchmark in torch and in JAX, on the CPU. Reads requests as lines of JSON, answers each with one: src/step-contestant.ts."""

import json
import resource
import sys
import time

import numpy as np


def sample(results):
    """As sampleOf in src/library.ts: 65 elements of each result, evenly spread."""
    figures = []
    for result in results:
        flat = np.asarray(result, dtype=np.float32).reshape(-1)
        last = flat.size - 1
        figures += [float(flat[int(i * last / 64 + 0.5)]) for i in range(65)]
    return figures


class Torch:
    """Each case as `step()` and `results()`, whose arrays have channels last."""

    def __init__(self, form, threads, case, arrays):
        import torch

        self.torch = torch
        torch.set_num_threads(threads)
        self.format = torch.channels_last if form == "channels-last" else torch.contiguous_format
        getattr(self, case.replace("-", "_"))([torch.from_numpy(x.copy()) for x in arrays])

    def image(self, x):
        return x.permute(0, 3, 1, 2).contiguous(memory_format=self.format)

    def kernel(self, w):
        return w.permute(3, 2, 0, 1).contiguous(memory_format=self.format)

    def conv_3x3(self, arrays):
        from torch.nn.functional import conv2d

        x, w, g = self.image(arrays[0]), self.kernel(arrays[1]), self.image(arrays[2])
        x.requires_grad_(), w.requires_grad_()

        def step():
            x.grad = w.grad = None
            self.y = conv2d(x, w, padding=1)
            self.y.backward(g)

        self.step = step
        self.results = lambda: [
            self.y.detach().permute(0, 2, 3, 1).contiguous(),
            x.grad.permute(0, 2, 3, 1).contiguous(),
            w.grad.permute(2, 3, 1, 0).contiguous(),
        ]

    def trained(self, parameters, loss):
        """Plain gradient descent by 0.1."""
        for parameter in parameters:
            parameter.requires_grad_()
        optimizer = self.torch.optim.SGD(parameters, lr=0.1)

        def step():
            optimizer.zero_grad()
            self.loss = loss()
            self.loss.backward()
            optimizer.step()

        self.step = step
        self.results = lambda: [self.loss.detach()]

    def lenet(self, arrays):
        f = self.torch.nn.functional
        x, labels = self.image(arrays[0]), arrays[1].argmax(dim=1)
        w1, b1, w2, b2 = self.kernel(arrays[2]), arrays[3], self.kernel(arrays[4]), arrays[5]
        # Flattened with channels first: the rows of the kernel in that order.
        d1 = arrays[6].reshape(6, 6, 16, 128).permute(3, 2, 0, 1).reshape(128, 576).contiguous()
        c1, d2, c2 = arrays[7], arrays[8].t().contiguous(), arrays[9]

        def loss():
            z = f.max_pool2d(f.relu(f.conv2d(x, w1, b1)), 2)
            z = f.max_pool2d(f.relu(f.conv2d(f.pad(z, (1, 0, 1, 0)), w2, b2)), 2)
            return f.cross_entropy(f.linear(f.relu(f.linear(z.flatten(1), d1, c1)), d2, c2), labels)

        self.trained([w1, b1, w2, b2, d1, c1, d2, c2], loss)

    def resnet_block(self, arrays):
        f = self.torch.nn.functional
        x, g = self.image(arrays[0]), self.image(arrays[1])
        w1, w2 = self.kernel(arrays[2]), self.kernel(arrays[5])
        (s1, t1), (s2, t2) = arrays[3:5], arrays[6:8]

        def norm(z, scale, shift):
            return f.batch_norm(z, None, None, scale, shift, training=True, eps=1e-5)

        def loss():
            z = f.relu(norm(f.conv2d(x, w1, padding=1), s1, t1))
            return (f.relu(x + norm(f.conv2d(z, w2, padding=1), s2, t2)) * g).mean()

        self.trained([w1, s1, t1, w2, s2, t2], loss)

    def adam_10m(self, arrays):
        weights = arrays[4].requires_grad_()
        weights.grad = arrays[0]
        optimizer = self.torch.optim.Adam([weights], lr=1e-3, fused=True)
        self.step = optimizer.step

        def results():
            state = optimizer.state[weights]
            return [state["step"].reshape(1), state["exp_avg"], state["exp_avg_sq"], weights.detach()]

        self.results = results

    def settle(self):
        pass


class Jax:
    def __init__(self, form, threads, case, arrays):
        import jax

        jax.config.update("jax_platforms", "cpu")
        self.jax, self.np = jax, jax.numpy
        steps = {"conv-3x3": self.conv, "lenet": self.lenet, "resnet-block": self.resnet, "adam-10m": self.adam}
        self.replaced = {"conv-3x3": 0, "lenet": 8, "resnet-block": 6, "adam-10m": 4}[case]
        arguments = [self.np.asarray(x) for x in arrays]
        kept = len(arguments) - self.replaced
        self.fixed, self.moving = arguments[:kept], arguments[kept:]
        moving = tuple(range(kept, len(arguments)))
        self.run = jax.jit(steps[case], donate_argnums=moving)

    def step(self):
        made = self.run(*self.fixed, *self.moving)
        count = len(made) - self.replaced
        self.own, self.moving = made[:count], list(made[count:])

    def settle(self):
        self.jax.block_until_ready((self.own, self.moving))

    def results(self):
        return self.own if len(self.own) > 0 else self.moving

    def conv2d(self, x, w, padding):
        return self.jax.lax.conv_general_dilated(
            x, w, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    def conv(self, x, w, g):
        y, back = self.jax.vjp(lambda a, b: self.conv2d(a, b, "SAME"), x, w)
        return (y, *back(g))

    def moved(self, loss, parameters):
        value, slopes = self.jax.value_and_grad(loss)(parameters)
        return (value, *(p - 0.1 * d for p, d in zip(parameters, slopes)))

    def lenet(self, x, labels, *parameters):
        jax, np = self.jax, self.np

        def pool(z):
            return jax.lax.reduce_window(z, -np.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

        def loss(given):
            w1, b1, w2, b2, d1, c1, d2, c2 = given
            z = pool(jax.nn.relu(self.conv2d(x, w1, "VALID") + b1))
            z = self.conv2d(np.pad(z, ((0, 0), (1, 0), (1, 0), (0, 0))), w2, "VALID")
            z = pool(jax.nn.relu(z + b2)).reshape(x.shape[0], -1)
            z = jax.nn.relu(z @ d1 + c1) @ d2 + c2
            return -(jax.nn.log_softmax(z) * labels).sum(1).mean()

        return self.moved(loss, parameters)

    def resnet(self, x, g, *parameters):
        jax = self.jax

        def norm(z, scale, shift):
            centred = z - z.mean((0, 1, 2))
            return centred / self.np.sqrt((centred**2).mean((0, 1, 2)) + 1e-5) * scale + shift

        def loss(given):
            w1, s1, t1, w2, s2, t2 = given
            z = jax.nn.relu(norm(self.conv2d(x, w1, "SAME"), s1, t1))
            return (jax.nn.relu(x + norm(self.conv2d(z, w2, "SAME"), s2, t2)) * g).mean()

        return self.moved(loss, parameters)

    def adam(self, g, t, m, v, w):
        t, m, v = t + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        change = m / (1 - 0.9**t) / (self.np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return t, m, v, w - 1e-3 * change


class Session:
    """As src/session.ts has it."""

    block = 1

    def start(self, library, form, threads, case, files):
        arrays = [np.fromfile(f["file"], dtype=np.float32).reshape(f["shape"]) for f in files]
        begin = time.perf_counter()
        self.run = {"torch": Torch, "jax": Jax}[library](form, threads, case, arrays)
        self.run.step()
        figures = [self.figures()]
        first = (time.perf_counter() - begin) * 1000
        for _ in range(2):
            self.run.step()
        figures.append(self.figures())
        return {"firstStepMs": first, "figures": figures}

    def figures(self):
        self.run.settle()
        return sample(self.run.results())

    def time(self, steps):
        begin = time.perf_counter()
        for _ in range(steps):
            self.run.step()
        self.run.settle()
        return (time.perf_counter() - begin) * 1000

    def warmUp(self, milliseconds, block=10):
        end = time.perf_counter() + milliseconds / 1000
        while True:
            spent = self.time(self.block)
            wanted = -(-self.block * block // max(spent, block / 8))
            self.block = int(max(1, min(wanted, 8 * self.block)))
            if time.perf_counter() >= end:
                return None

    def turn(self, milliseconds):
        taken = []
        self.time(self.block)
        end = time.perf_counter() + milliseconds / 1000
        while not taken or time.perf_counter() < end:
            taken.append(self.time(self.block) / self.block)
        return {"stepMs": taken}

    def count(self, steps):
        return {}

    def peak(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


session = Session()
for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = {"result": getattr(session, request["kind"])(*request["args"])}
    except Exception as failure:
        reply = {"failure": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(reply), flush=True)
