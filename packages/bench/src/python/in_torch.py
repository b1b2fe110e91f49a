"""The cases in torch, on the CPU; in the form `compile` by torch.compile."""

from itertools import cycle

import torch
import torch.nn.functional as F


class Run:
    """`step()` does one, `results()` are those of the last; images have channels last in them."""

    def __init__(self, step, results):
        self.step, self.results = step, results

    def settle(self):
        pass


def array(x):
    return torch.from_numpy(x.copy())


class Library:
    version = f"torch {torch.__version__}"

    def __init__(self, form, threads):
        torch.set_num_threads(threads)
        self.format = torch.channels_last if form == "channels-last" else torch.contiguous_format
        self.compiled = torch.compile if form == "compile" else lambda f: f

    def trained(self, optimizer, loss, batches):
        loss, batches, last = self.compiled(loss), cycle(batches), []

        def step():
            optimizer.zero_grad()
            last[:] = [loss(*next(batches))]
            last[0].backward()
            optimizer.step()

        return Run(step, lambda: [last[0].detach()])

    def descent(self, parameters, loss):
        """Plain gradient descent by 0.1, always on the same."""
        return self.trained(torch.optim.SGD(parameters, lr=0.1, fused=True), loss, [()])

    def called(self, f, given):
        last = []

        def step():
            last[:] = f(*given)

        return Run(step, lambda: [y.detach() for y in last])

    def training(self, case, data):
        layers = [[array(each[name]).requires_grad_() for name in ("kernel", "bias")] for each in data["layers"]]
        activation = {"relu": F.relu, "sigmoid": torch.sigmoid, "silu": F.silu}[case["activation"]]
        classifies = case["loss"] == "softmaxCrossEntropy"

        def loss(x, y):
            z = forward(layers, x, activation)
            if classifies:
                return F.cross_entropy(z, y)
            return 0.5 * ((torch.sigmoid(z) - y) ** 2).sum(1).mean()

        kind = torch.optim.SGD if case["optimizer"] == "sgd" else torch.optim.Adam
        optimizer = kind([x for layer in layers for x in layer], lr=case["learningRate"], fused=True)
        return self.trained(optimizer, loss, [(array(each["x"]), array(each["y"])) for each in data["batches"]])

    def function(self, case, data):
        name, given = case["name"], [array(x) for x in data]
        if name not in with_slope:
            return self.called(self.compiled(functions[name]), given)
        # y, and the gradient of sum(y w) at x
        f, (x, w) = self.compiled(with_slope[name]), given
        x.requires_grad_()

        def both():
            y = f(x)
            return y, *torch.autograd.grad(y, x, w)

        return self.called(both, ())

    def prediction(self, case, data):
        layers = [(array(each["kernel"]), array(each["bias"])) for each in data["layers"]]
        with torch.inference_mode():
            f = self.compiled(lambda x: (forward(layers, x, F.relu),))
            run = self.called(f, [array(data["x"])])
        step = torch.inference_mode()(run.step)
        return Run(step, run.results)

    def language(self, case, data):
        w = {name: array(x) for name, x in data["weights"].items()}
        width, heads = case["width"], case["heads"]
        # One product for queries, keys and values, as torch's own layers have it.
        for i in range(case["layers"]):
            for kind in ("", "Bias"):
                at = f"block{i}/attention/"
                w[f"{at}all{kind}"] = torch.cat([w.pop(f"{at}{name}{kind}") for name in ("query", "key", "value")], -1)
        for x in w.values():
            x.requires_grad_()

        def norm(at, x):
            return F.layer_norm(x, x.shape[-1:], w[f"{at}/scale"], w[f"{at}/bias"], 1e-5)

        def linear(at, x):
            return torch.addmm(w[f"{at}Bias"], x.reshape(-1, x.shape[-1]), w[at]).reshape(*x.shape[:-1], -1)

        def loss(x, y):
            n, t = x.shape
            z = F.embedding(x, w["tokens/table"]) + w["positions/table"][:t]
            for i in range(case["layers"]):
                at = f"block{i}/"
                parts = linear(f"{at}attention/all", norm(f"{at}attentionNorm", z)).split(width, -1)
                q, k, v = (p.reshape(n, t, heads, -1).transpose(1, 2) for p in parts)
                p = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, t, width)
                z = z + linear(f"{at}attention/output", p)
                h = F.gelu(linear(f"{at}feedForward/inner", norm(f"{at}feedForwardNorm", z)))
                z = z + linear(f"{at}feedForward/output", h)
            z = norm("norm", z) @ w["tokens/table"].T
            return F.cross_entropy(z.reshape(n * t, -1), y.reshape(-1))

        optimizer = torch.optim.AdamW(w.values(), lr=case["learningRate"], weight_decay=0.01, fused=True)
        batches = [(array(each["x"]).long(), array(each["y"]).long()) for each in data["batches"]]
        return self.trained(optimizer, loss, batches)

    def step(self, name, arrays):
        return getattr(self, name.replace("-", "_"))([array(x) for x in arrays])

    def image(self, x):
        return x.permute(0, 3, 1, 2).contiguous(memory_format=self.format)

    def kernel(self, w):
        return w.permute(3, 2, 0, 1).contiguous(memory_format=self.format)

    def conv_3x3(self, arrays):
        x, w, g = self.image(arrays[0]), self.kernel(arrays[1]), self.image(arrays[2])
        x.requires_grad_(), w.requires_grad_()
        conv, last = self.compiled(lambda x, w: F.conv2d(x, w, padding=1)), []

        def step():
            x.grad = w.grad = None
            last[:] = [conv(x, w)]
            last[0].backward(g)

        def results():
            y, dx = (z.permute(0, 2, 3, 1).contiguous() for z in (last[0].detach(), x.grad))
            return [y, dx, w.grad.permute(2, 3, 1, 0).contiguous()]

        return Run(step, results)

    def lenet(self, arrays):
        x, labels = self.image(arrays[0]), arrays[1].argmax(dim=1)
        w1, b1, w2, b2 = self.kernel(arrays[2]), arrays[3], self.kernel(arrays[4]), arrays[5]
        # Flattened with channels first: the rows of the kernel in that order.
        d1 = arrays[6].reshape(6, 6, 16, 128).permute(3, 2, 0, 1).reshape(128, 576).contiguous()
        c1, d2, c2 = arrays[7], arrays[8].t().contiguous(), arrays[9]
        parameters = [each.requires_grad_() for each in (w1, b1, w2, b2, d1, c1, d2, c2)]

        def loss():
            z = F.max_pool2d(F.relu(F.conv2d(x, w1, b1)), 2)
            z = F.max_pool2d(F.relu(F.conv2d(F.pad(z, (1, 0, 1, 0)), w2, b2)), 2)
            return F.cross_entropy(F.linear(F.relu(F.linear(z.flatten(1), d1, c1)), d2, c2), labels)

        return self.descent(parameters, loss)

    def resnet_block(self, arrays):
        x, g = self.image(arrays[0]), self.image(arrays[1])
        w1, w2 = self.kernel(arrays[2]), self.kernel(arrays[5])
        (s1, t1), (s2, t2) = arrays[3:5], arrays[6:8]
        parameters = [each.requires_grad_() for each in (w1, s1, t1, w2, s2, t2)]

        def norm(z, scale, shift):
            return F.batch_norm(z, None, None, scale, shift, training=True, eps=1e-5)

        def loss():
            z = F.relu(norm(F.conv2d(x, w1, padding=1), s1, t1))
            return (F.relu(x + norm(F.conv2d(z, w2, padding=1), s2, t2)) * g).mean()

        return self.descent(parameters, loss)

    def lstm(self, arrays):
        x, target, w, u, b = arrays
        layer = torch.nn.LSTM(x.shape[-1], target.shape[-1], batch_first=True)
        with torch.no_grad():
            layer.weight_ih_l0.copy_(w.T), layer.weight_hh_l0.copy_(u.T), layer.bias_ih_l0.copy_(b)
            layer.bias_hh_l0.zero_()
        # It has a second bias, which stays 0.
        layer.bias_hh_l0.requires_grad_(False)
        parameters = [each for each in layer.parameters() if each.requires_grad]
        return self.descent(parameters, lambda: F.mse_loss(layer(x)[0], target))

    lstm_256 = lstm

    def adam_10m(self, arrays):
        weights = arrays[4].requires_grad_()
        weights.grad = arrays[0]
        optimizer = torch.optim.Adam([weights], lr=1e-3, fused=True)

        def results():
            state = optimizer.state[weights]
            return [state["step"].reshape(1), state["exp_avg"], state["exp_avg_sq"], weights.detach()]

        return Run(optimizer.step, results)


def forward(layers, x, activation):
    for i, (kernel, bias) in enumerate(layers):
        x = torch.addmm(bias, x, kernel)
        x = activation(x) if i < len(layers) - 1 else x
    return x


functions = {
    "matmul": lambda x, y: (x @ y,),
    "exp": lambda x: (x.exp(),),
    "tanh": lambda x: (x.tanh(),),
    "sigmoid": lambda x: (x.sigmoid(),),
    "gelu": lambda x: (F.gelu(x),),
    "elementwise": lambda x: (x.exp(), x.tanh(), x.sigmoid(), F.gelu(x)),
}

with_slope = {
    "softmax": lambda x: F.softmax(x, -1),
    "layerNorm": lambda x: F.layer_norm(x, x.shape[-1:], eps=1e-5),
}
