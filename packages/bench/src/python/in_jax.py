"""The cases in JAX, on the CPU: each step is one jit, and what it moves is donated."""

from itertools import cycle

import jax
import jax.numpy as jnp

jax.config.update("jax_platforms", "cpu")


class Run:
    """A step takes what is fixed, or the next batch, then what moves; its last results are what moves next."""

    def __init__(self, step, moving, batches):
        self.run, self.moving, self.batches = step, moving, cycle(batches)

    def step(self):
        self.own, self.moving = self.run(self.moving, *next(self.batches))

    def settle(self):
        jax.block_until_ready((self.own, self.moving))

    def results(self):
        return self.own if len(self.own) > 0 else self.moving


def jitted(step):
    return jax.jit(step, donate_argnums=0)


class Library:
    version = f"jax {jax.__version__}"

    def __init__(self, form, threads):
        pass

    def training(self, case, data):
        activation = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "silu": jax.nn.silu}[case["activation"]]
        classifies = case["loss"] == "softmaxCrossEntropy"

        def loss(layers, x, y):
            z = forward(layers, x, activation)
            if classifies:
                return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(z), axis=1))
            return 0.5 * jnp.mean(jnp.sum((jax.nn.sigmoid(z) - y) ** 2, axis=1))

        layers = [(jnp.asarray(each["kernel"]), jnp.asarray(each["bias"])) for each in data["layers"]]
        batches = [(jnp.asarray(each["x"]), jnp.asarray(each["y"])) for each in data["batches"]]
        update = sgd if case["optimizer"] == "sgd" else adam
        return trained(loss, layers, update(case["learningRate"]), batches)

    def function(self, case, data):
        return called(functions[case["name"]], [jnp.asarray(x) for x in data])

    def prediction(self, case, data):
        layers = [(jnp.asarray(each["kernel"]), jnp.asarray(each["bias"])) for each in data["layers"]]
        return called(lambda x: (forward(layers, x, jax.nn.relu),), [jnp.asarray(data["x"])])

    def language(self, case, data):
        heads, layers = case["heads"], case["layers"]

        def loss(w, x, y):
            def norm(at, z):
                return normalized(z) * w[f"{at}/scale"] + w[f"{at}/bias"]

            def linear(at, z):
                return z @ w[at] + w[f"{at}Bias"]

            n, t = x.shape
            z = w["tokens/table"][x] + w["positions/table"][:t]
            for i in range(layers):
                at = f"block{i}/"
                h = norm(f"{at}attentionNorm", z)
                q, k, v = (linear(f"{at}attention/{name}", h).reshape(n, t, heads, -1) for name in ("query", "key", "value"))
                p = jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(n, t, -1)
                z = z + linear(f"{at}attention/output", p)
                h = jax.nn.gelu(linear(f"{at}feedForward/inner", norm(f"{at}feedForwardNorm", z)), approximate=False)
                z = z + linear(f"{at}feedForward/output", h)
            z = norm("norm", z) @ w["tokens/table"].T
            chosen = jnp.take_along_axis(jax.nn.log_softmax(z), y[..., None], -1)
            return -chosen.mean()

        weights = {name: jnp.asarray(x) for name, x in data["weights"].items()}
        batches = [(jnp.asarray(each["x"]), jnp.asarray(each["y"])) for each in data["batches"]]
        return trained(loss, weights, adam(case["learningRate"], decay=0.01), batches)

    def step(self, name, arrays):
        step, replaced = steps[name]
        given = [jnp.asarray(x) for x in arrays]
        kept = len(given) - replaced
        return Run(jitted(lambda moving, *fixed: step(moving, *fixed)), given[kept:], [given[:kept]])


def forward(layers, x, activation):
    for i, (kernel, bias) in enumerate(layers):
        x = x @ kernel + bias
        x = activation(x) if i < len(layers) - 1 else x
    return x


def sgd(rate):
    return lambda w: (), lambda w, slopes, _: (jax.tree.map(lambda p, g: p - rate * g, w, slopes), ())


def adam(rate, decay=0.0):
    def start(w):
        zeros = lambda: jax.tree.map(jnp.zeros_like, w)
        return zeros(), zeros(), jnp.float32(0)

    def update(w, slopes, state):
        m, v, t = state
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slopes)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slopes)
        a, b = 1 - 0.9**t, 1 - 0.999**t
        moved = lambda p, m, v: p - rate * ((m / a) / (jnp.sqrt(v / b) + 1e-8) + decay * p)
        return jax.tree.map(moved, w, m, v), (m, v, t)

    return start, update


def trained(loss, weights, optimizer, batches):
    start, update = optimizer

    def step(moving, *batch):
        w, state = moving
        value, slopes = jax.value_and_grad(loss)(w, *batch)
        return (value,), update(w, slopes, state)

    return Run(jitted(step), (weights, start(weights)), batches)


def called(f, given):
    return Run(jitted(lambda _, *x: (f(*x), ())), (), [given])


def with_slope(f):
    """f(x), and the gradient of sum(f(x) w) at x."""

    def both(x, w):
        y, back = jax.vjp(f, x)
        return y, *back(w)

    return both


def normalized(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)


def gelu(x):
    return jax.nn.gelu(x, approximate=False)


functions = {
    "matmul": lambda x, y: (x @ y,),
    "exp": lambda x: (jnp.exp(x),),
    "tanh": lambda x: (jnp.tanh(x),),
    "sigmoid": lambda x: (jax.nn.sigmoid(x),),
    "gelu": lambda x: (gelu(x),),
    "elementwise": lambda x: (jnp.exp(x), jnp.tanh(x), jax.nn.sigmoid(x), gelu(x)),
    "softmax": with_slope(jax.nn.softmax),
    "layerNorm": with_slope(normalized),
}


def conv2d(x, w, padding):
    return jax.lax.conv_general_dilated(x, w, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def conv(_, x, w, g):
    y, back = jax.vjp(lambda a, b: conv2d(a, b, "SAME"), x, w)
    return (y, *back(g)), ()


def descended(loss, parameters):
    value, slopes = jax.value_and_grad(loss)(parameters)
    return (value,), [p - 0.1 * d for p, d in zip(parameters, slopes)]


def lenet(parameters, x, labels):
    def pool(z):
        return jax.lax.reduce_window(z, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def loss(given):
        w1, b1, w2, b2, d1, c1, d2, c2 = given
        z = pool(jax.nn.relu(conv2d(x, w1, "VALID") + b1))
        z = conv2d(jnp.pad(z, ((0, 0), (1, 0), (1, 0), (0, 0))), w2, "VALID")
        z = pool(jax.nn.relu(z + b2)).reshape(x.shape[0], -1)
        z = jax.nn.relu(z @ d1 + c1) @ d2 + c2
        return -(jax.nn.log_softmax(z) * labels).sum(1).mean()

    return descended(loss, parameters)


def resnet(parameters, x, g):
    def norm(z, scale, shift):
        centred = z - z.mean((0, 1, 2))
        return centred / jnp.sqrt((centred**2).mean((0, 1, 2)) + 1e-5) * scale + shift

    def loss(given):
        w1, s1, t1, w2, s2, t2 = given
        z = jax.nn.relu(norm(conv2d(x, w1, "SAME"), s1, t1))
        return (jax.nn.relu(x + norm(conv2d(z, w2, "SAME"), s2, t2)) * g).mean()

    return descended(loss, parameters)


def lstm(parameters, x, target):
    n, _, units = target.shape

    def loss(given):
        w, u, b = given

        def step(carry, now):
            h, c = carry
            i, f, g, o = jnp.split(now @ w + b + h @ u, 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        none = jnp.zeros((n, units))
        _, states = jax.lax.scan(step, (none, none), x.swapaxes(0, 1))
        return ((states - target.swapaxes(0, 1)) ** 2).mean()

    return descended(loss, parameters)


def moments(moving, g):
    t, m, v, w = moving
    t, m, v = t + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return (), [t, m, v, w - 1e-3 * (m / (1 - 0.9**t) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8))]


steps = {
    "conv-3x3": (conv, 0),
    "lenet": (lenet, 8),
    "resnet-block": (resnet, 6),
    "adam-10m": (moments, 4),
    "lstm": (lstm, 3),
    "lstm-256": (lstm, 3),
}
