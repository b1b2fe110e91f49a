import {
  add,
  and,
  broadcast,
  cast,
  concatenate,
  defineNode,
  div,
  einsum,
  equal,
  exp,
  expandDims,
  fill,
  gather,
  greaterEqual,
  iota,
  less,
  lessEqual,
  matmul,
  max,
  mul,
  pad,
  reshape,
  select,
  sigmoid,
  slice,
  stopGradient,
  sub,
  sum,
  swapAxes,
  tanh,
  transpose,
  type Value,
} from '@pullback/core';
import { dtypeFor, type ElementType, typeOfCode, types } from '../element-types.ts';
import { kept } from '../kept.ts';
import type { OperatorNode, Operators, Typed } from '../operator-node.ts';
import { along, range } from './axes.ts';

/** [n, t, heads x d] as [n, heads, t, d]. */
function inHeads(x: Value, heads: number): Value {
  if (x.shape.length === 4) return x;
  const [n = 0, t = 0, width = 0] = x.shape;
  return transpose(reshape(x, [n, t, heads, width / heads]), [0, 2, 1, 3]);
}

/** Heads of keys repeated for all heads of queries that share them. */
function shared(x: Value, heads: number): Value {
  const [n = 0, own = 0, ...rest] = x.shape;
  if (own === heads) return x;
  const wide = broadcast(expandDims(x, 2), [n, own, heads / own, ...rest]);
  return reshape(wide, [n, heads, ...rest]);
}

/** softmax along the last axis, and 0 where everything is -infinity. */
export function sharesOf(scores: Value): Value {
  const kept_ = { axis: -1, keepAxis: true } as const;
  return defineNode('attentionShares', {
    mixes: [scores.shape.length - 1],
    forward: (z: Value) => {
      const top = stopGradient(max(z, kept_));
      const e = exp(sub(z, select(equal(top, -Infinity), 0, top)));
      const total = sum(e, kept_);
      return div(e, select(equal(total, 0), 1, total));
    },
    vjp: (g, { output: y }) => [mul(y, sub(g, sum(mul(y, g), kept_)))],
  })(scores);
}

function scaled(q: Value, k: Value, scale: number): Value {
  const root = Math.sqrt(scale);
  return matmul(mul(q, root), swapAxes(mul(k, root), -1, -2));
}

/** Places [.., t, s], true where a query may see a key. */
function allowed(node: OperatorNode, q: Value, k: Value, offset: Value): Value | undefined {
  const shape = [...offset.shape.slice(0, -2), q.shape[2] ?? 0, k.shape[2] ?? 0];
  const [row, column] = [iota(shape, { axis: -2 }), iota(shape, { axis: -1 })];
  const place = add(row, offset);
  const rules: Value[] = [];
  if (node.int('is_causal', 0) === 1) rules.push(lessEqual(column, place));
  const [before, after] = [node.int('left_window_size', -1), node.int('right_window_size', -1)];
  if (before >= 0) rules.push(greaterEqual(column, sub(place, before)));
  if (after >= 0) rules.push(lessEqual(column, add(place, after)));
  return rules.length === 0 ? undefined : rules.reduce(and);
}

/** The addend of the scores: masks as 0 and -infinity. */
function biasOf(node: OperatorNode, q: Value, k: Value, past: Value | undefined): Value | undefined {
  const [n = 0, s = 0] = [q.shape[0], k.shape[2]];
  const float = (seen: Value) => select(seen, 0, fill(-Infinity, seen.shape, q.dtype));
  const parts: Value[] = [];
  const mask = node.maybe(3);
  if (mask !== undefined) {
    const missing = s - (mask.shape.at(-1) ?? 0);
    const added = mask.dtype === 'bool' ? float(mask) : mask;
    const high = added.shape.map((_, i) => (i === added.shape.length - 1 ? missing : 0));
    parts.push(missing > 0 ? pad(added, { high, value: -Infinity }) : added);
  }
  const filled = node.maybe(6);
  const lengths = filled && reshape(cast(filled, 'int32'), [n, 1, 1, 1]);
  const offset =
    lengths !== undefined && past === undefined
      ? sub(lengths, q.shape[2] ?? 0)
      : fill(past?.shape[2] ?? 0, [1, 1], 'int32');
  const seen = allowed(node, q, k, offset);
  if (seen !== undefined) parts.push(float(seen));
  if (lengths !== undefined) parts.push(float(less(iota([n, 1, 1, s], { axis: 3 }), lengths)));
  return parts.length === 0 ? undefined : parts.reduce(add);
}

function attention(node: OperatorNode): readonly (Value | undefined)[] {
  const flat = node.x(0).shape.length === 3;
  const [heads, groups] = [node.int('q_num_heads', 1), node.int('kv_num_heads', 1)];
  const q = inHeads(node.x(0), heads);
  const joined = (i: number, past: Value | undefined) => {
    const now = inHeads(node.x(i), groups);
    return past === undefined ? now : concatenate([past, now], { axis: 2 });
  };
  const [pastKeys, pastValues] = [node.maybe(4), node.maybe(5)];
  const [keys, values] = [joined(1, pastKeys), joined(2, pastValues)];
  const all = q.shape[1] ?? 1;
  const products = scaled(q, shared(keys, all), node.float('scale', 1 / Math.sqrt(q.shape[3] ?? 1)));
  const cap = node.float('softcap', 0);
  const capped = cap > 0 ? mul(cap, tanh(div(products, cap))) : products;
  const bias = biasOf(node, q, keys, pastKeys);
  const biased = bias === undefined ? capped : add(capped, bias);
  const precision = node.int('softmax_precision');
  const shares = sharesOf(precise(node, biased, precision));
  // Where all is masked nothing is seen, whatever the scores are.
  const blind = bias && equal(max(bias, { axis: -1, keepAxis: true }), -Infinity);
  const weights = cast(blind === undefined ? shares : select(blind, 0, shares), q.dtype);
  const made = matmul(weights, shared(values, all));
  const [n = 0, , t = 0] = made.shape;
  const y = flat ? reshape(transpose(made, [0, 2, 1, 3]), [n, t, -1]) : made;
  const shown = [products, capped, biased, weights][node.int('qk_matmul_output_mode', 0)];
  return [y, keys, values, shown];
}

/** Numbers as a type holds them: what the softmax is computed in. */
function precise(node: OperatorNode, x: Value, code: number | undefined): Value {
  if (code === undefined) return x;
  const type: ElementType = typeOfCode(code, 'softmax_precision');
  return kept(cast(x, dtypeFor(type, node.around.floats)), type);
}

/** Attention whose scores and shares graphs of the node may change. */
function flexAttention(node: OperatorNode): Value {
  const [q, k, v] = [node.x(0), node.x(1), node.x(2)];
  const heads = q.shape[1] ?? 1;
  const { dtype } = q;
  const code = node.int('softmax_precision', dtype === 'float64' ? types.double.code : types.float.code);
  const type = typeOfCode(code, 'softmax_precision');
  const changed = (x: Value, name: string): Value => {
    if (node.attribute(name) === undefined) return x;
    return node.around.run(node.graph(name), [{ value: x, type }])[0]?.value ?? x;
  };
  const scores = scaled(q, shared(k, heads), node.float('scale', 1 / Math.sqrt(q.shape[3] ?? 1)));
  const shares = changed(sharesOf(changed(precise(node, scores, code), 'score_mod')), 'prob_mod');
  return matmul(cast(shares, dtype), shared(v, heads));
}

/** Pairs of components turned by an angle of their place. Source: Su et al. 2021. */
function rotary(node: OperatorNode): Value {
  const x = node.x(0);
  const flat = x.shape.length === 3;
  const rows = flat ? inHeads(x, node.int('num_heads', 1)) : x;
  const [n = 0, , t = 0, width = 0] = rows.shape;
  const part = node.int('rotary_embedding_dim', 0) || width;
  const table = (i: number): Value => {
    const places = node.maybe(3);
    const own = places === undefined ? node.x(i) : gather(node.x(i), cast(places, 'int32'));
    return reshape(own, [n, 1, t, part / 2]);
  };
  const [cosines, sines] = [table(1), table(2)];
  const turning = along(rows, 3, 0, part);
  const between = node.int('interleaved', 0) === 1;
  const half = (i: number) =>
    between
      ? slice(turning, [0, 0, 0, i], turning.shape, [1, 1, 1, 2])
      : along(turning, 3, (i * part) / 2, ((i + 1) * part) / 2);
  const [a, b] = [half(0), half(1)];
  const [real, imaginary] = [sub(mul(cosines, a), mul(sines, b)), add(mul(sines, a), mul(cosines, b))];
  const turned = between
    ? reshape(concatenate([expandDims(real, 4), expandDims(imaginary, 4)], { axis: 4 }), turning.shape)
    : concatenate([real, imaginary], { axis: 3 });
  const whole = part === width ? turned : concatenate([turned, along(rows, 3, part, width)], { axis: 3 });
  return flat ? reshape(transpose(whole, [0, 2, 1, 3]), x.shape) : whole;
}

/** S <- decay S + k (beta (v - S^T k)); y = scale q^T S, place by place. Source: Yang et al. 2024. */
function linearAttention(node: OperatorNode): readonly (Value | Typed)[] {
  const [heads, groups] = [node.int('q_num_heads', 1), node.int('kv_num_heads', 1)];
  const [q, k, v] = [inHeads(node.x(0), heads), inHeads(node.x(1), groups), inHeads(node.x(2), groups)];
  const [n = 0, , t = 0, d = 0] = q.shape;
  const width = v.shape[3] ?? 0;
  const { dtype } = q;
  const past = node.inputs[3];
  const rates = (i: number, size: number): Value | undefined => {
    const given = node.maybe(i);
    return given && inHeads(cast(given, dtype), given.shape[2] === size ? size : (given.shape[2] ?? 1));
  };
  const decay = node.has(4) ? inHeads(node.x(4), groups) : undefined;
  const beta = rates(5, groups);
  const at = (x: Value, i: number) =>
    reshape(along(x, 2, i, i + 1), [...x.shape.slice(0, 2), x.shape[3] ?? 1]);
  let state = past?.value ?? fill(0, [n, groups, d, width], dtype);
  const scale = node.float('scale', 0) || 1 / Math.sqrt(d);
  const made = range(t).map((i) => {
    if (decay !== undefined) state = mul(state, expandDims(exp(at(decay, i)), 3));
    const key = at(k, i);
    const value = at(v, i);
    const news =
      beta === undefined ? value : mul(at(beta, i), sub(value, einsum('bhdm,bhd->bhm', state, key)));
    state = add(state, mul(expandDims(key, 3), expandDims(news, 2)));
    return mul(scale, einsum('bhd,bhdm->bhm', at(q, i), shared(state, heads)));
  });
  const y = concatenate(
    made.map((each) => reshape(each, [n, 1, heads * width])),
    { axis: 1 },
  );
  return [y, { value: state, type: past?.type ?? node.type(0) }];
}

/** A convolution of each channel on its own with what came before, and the last places for what comes next. */
function causalConvolution(node: OperatorNode): readonly Value[] {
  const [x, w] = [node.x(0), node.x(1)];
  const size = w.shape[2] ?? 1;
  const before = node.maybe(3);
  const wide =
    before === undefined ? pad(x, { low: [0, 0, size - 1] }) : concatenate([before, x], { axis: 2 });
  const length = x.shape[2] ?? 0;
  const taps = range(size).map((k) =>
    mul(along(wide, 2, k, k + length), reshape(along(w, 2, k, k + 1), [1, -1, 1])),
  );
  const sums = taps.reduce(add);
  const b = node.maybe(2);
  const y = b === undefined ? sums : add(sums, reshape(b, [1, -1, 1]));
  const smooth = node.word('activation', 'none', 'silu', 'swish') !== 'none';
  return [smooth ? mul(y, sigmoid(y)) : y, along(wide, 2, length, length + size - 1)];
}

/** Attention and its relatives. */
export const attentions: Operators = {
  Attention: attention,
  'ai.onnx.preview:FlexAttention': flexAttention,
  RotaryEmbedding: rotary,
  LinearAttention: linearAttention,
  CausalConvWithState: causalConvolution,
};
