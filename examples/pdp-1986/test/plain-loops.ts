import type { Weights } from 'pullback';

/** A net of one hidden layer in plain loops, changed after so many patterns: the chapter's generalized delta rule, unit by unit. */
export interface Plain {
  readonly inputs: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  readonly weights: Weights;
  /** Whether the inputs reach the outputs, too. */
  readonly direct: boolean;
  readonly perPattern: boolean;
  readonly rate: number;
  readonly tolerance: number;
  readonly limit: number;
}

const logistic = (net: number): number => 1 / (1 + Math.exp(-net));

/** A row of weights for each unit, its bias last. */
function rows(weights: Weights, layer: string): number[][] {
  const kernel = weights[`${layer}/kernel`];
  const [sources = 0, units = 0] = kernel?.shape ?? [];
  return Array.from({ length: units }, (_, unit) => [
    ...Array.from({ length: sources }, (_, i) => kernel?.data[i * units + unit] ?? 0),
    weights[`${layer}/bias`]?.data[unit] ?? 0,
  ]);
}

/** The sweeps before the first in which every output came out right; undefined past the limit. */
export function sweepsOf(net: Plain): number | undefined {
  const { inputs, targets, direct, perPattern, rate, tolerance, limit } = net;
  const layers = [rows(net.weights, 'hidden'), rows(net.weights, 'output')] as const;
  const zeros = () => layers.map((layer) => layer.map((row) => row.map(() => 0)));
  const changes = zeros();
  let slopes = zeros();
  const update = () => {
    layers.forEach((layer, l) => {
      layer.forEach((row, u) => {
        row.forEach((weight, i) => {
          const change = 0.9 * (changes[l]?.[u]?.[i] ?? 0) + rate * (slopes[l]?.[u]?.[i] ?? 0);
          const own = changes[l]?.[u];
          if (own !== undefined) own[i] = change;
          row[i] = weight + change;
        });
      });
    });
    slopes = zeros();
  };
  const netOf = (row: readonly number[], from: readonly number[]) =>
    row.reduce((sum, weight, i) => sum + weight * (from[i] ?? 1), 0);
  const grow = (l: number, u: number, delta: number, from: readonly number[]) => {
    const own = slopes[l]?.[u];
    own?.forEach((slope, i) => {
      own[i] = slope + delta * (from[i] ?? 1);
    });
  };
  let [shown, right] = [0, 0];
  while (shown <= (limit + 1) * inputs.length) {
    let good = true;
    const beside = perPattern ? [shown % inputs.length] : inputs.keys();
    for (const p of beside) {
      const x = inputs[p] ?? [];
      const h = layers[0].map((row) => logistic(netOf(row, x)));
      const seen = direct ? [...x, ...h] : h;
      const o = layers[1].map((row) => logistic(netOf(row, seen)));
      const errors = o.map((output, k) => (targets[p]?.[k] ?? 0) - output);
      if (errors.some((error) => Math.abs(error) >= tolerance)) good = false;
      const deltas = o.map((output, k) => (errors[k] ?? 0) * output * (1 - output));
      h.forEach((activation, u) => {
        const place = seen.length - h.length + u;
        const back = deltas.reduce((sum, delta, k) => sum + delta * (layers[1][k]?.[place] ?? 0), 0);
        grow(0, u, back * activation * (1 - activation), x);
      });
      deltas.forEach((delta, k) => {
        grow(1, k, delta, seen);
      });
      shown++;
    }
    right = good ? right + (perPattern ? 1 : inputs.length) : 0;
    if (right >= inputs.length) return Math.ceil((shown - inputs.length) / inputs.length);
    update();
  }
  return undefined;
}
