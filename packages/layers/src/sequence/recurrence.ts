import {
  add,
  type DType,
  equal,
  type FieldsOf,
  field,
  fill,
  formatShape,
  greater,
  type Initializer,
  type Layer,
  type LayerOptions,
  layerFields,
  not,
  OptionError,
  parts,
  reshape,
  type Scope,
  type Shape,
  ShapeError,
  sameShape,
  scan,
  select,
  transpose,
  type Value,
} from '@pullback/core';
import { filled, glorotUniform, orthogonal } from '../initializers.ts';
import { times } from '../products.ts';
import { inRows } from './embedding.ts';

export interface RecurrentOptions extends LayerOptions {
  /** The states of all places, [n, t, units], or that of the last one, [n, units]; 'sequence' when left out. */
  readonly returns?: 'sequence' | 'last';
  /** From the last place to the first. False when left out. */
  readonly reverse?: boolean;
  /** With biases, or without. */
  readonly bias?: boolean;
  /** So many places are computed again on the way back, in place of being kept; as for `scan`. */
  readonly checkpoint?: number;
  /** For the matrix of the inputs, each gate on its own; Glorot's uniform when left out. */
  readonly kernelInitializer?: Initializer;
  /** For the matrix of the states, each gate on its own; orthogonal when left out. */
  readonly recurrentInitializer?: Initializer;
}

export const recurrentFields = {
  ...layerFields,
  units: field.needed(field.whole({ from: 1 })),
  returns: field.oneOf('sequence', 'last'),
  reverse: field.flag(),
  bias: field.flag(),
  checkpoint: field.whole({ from: 1 }),
  kernelInitializer: parts.initializer,
  recurrentInitializer: parts.initializer,
} satisfies FieldsOf<RecurrentOptions & { readonly units: number }>;

/** The states of a sequence, and what the layer hands on: of an LSTM h and c, of others h. */
export interface Recurred {
  readonly outputs: Value;
  readonly state: readonly Value[];
}

/** A layer that goes through a sequence, place after place. */
export interface RecurrentLayer extends Layer<readonly Value[]> {
  /**
   * The same layer with its last state, applied to x, to x and a state, from which the sequence goes on, or to x, a state and a mask. A state is h, of an LSTM h
   * and c, each [n, units].
   */
  readonly stateful: Layer<readonly Value[], Recurred>;
}

/** The rule of one place. */
export interface Cell {
  readonly gates: number;
  /** Whether there is a c beside h. */
  readonly hasMemory?: boolean;
  /** Whether the candidate has a bias of its own beside h U. */
  readonly hasCandidateBias?: boolean;
  readonly bias: Initializer;
  /** The next h, and the next c, of those before and of x W + b. */
  step(before: State, input: Value, weights: Weights): readonly [h: Value, c?: Value];
}

interface State {
  readonly h: Value;
  /** h itself where there is no c. */
  readonly c: Value;
}

interface Weights {
  readonly recurrent: Value;
  /** Of the candidate, beside h U; undefined without biases. */
  readonly candidateBias?: Value | undefined;
}

export function recurrentLayer(
  name: string,
  source: string,
  units: number,
  options: RecurrentOptions,
  cell: Cell,
): RecurrentLayer {
  const { returns = 'sequence' } = options;
  const recurrence = { name, units, options, cell };
  const layer: Layer<readonly Value[]> = {
    name,
    label: options.name,
    source,
    forward: (scope, x, mask) => {
      const {
        outputs,
        state: [last = outputs],
      } = recurred(scope, recurrence, { x, mask, given: [] });
      return returns === 'sequence' ? outputs : last;
    },
  };
  const stateful: RecurrentLayer['stateful'] = {
    name,
    label: options.name,
    source,
    origin: layer,
    forward: (scope, x, ...inputs) => {
      const given = inputs.slice(0, cell.hasMemory === true ? 2 : 1);
      return recurred(scope, recurrence, { x, mask: inputs[given.length], given });
    },
  };
  return { ...layer, origin: layer, stateful };
}

interface Recurrence {
  readonly name: string;
  readonly units: number;
  readonly options: RecurrentOptions;
  readonly cell: Cell;
}

interface Inputs {
  readonly x: Value | undefined;
  readonly mask: Value | undefined;
  readonly given: readonly Value[];
}

function recurred(
  scope: Scope,
  { name, units, options, cell }: Recurrence,
  { x, mask, given }: Inputs,
): Recurred {
  inRows(scope, name);
  if (scope.decoding !== undefined && options.reverse === true)
    throw new OptionError({
      got: `decoding by ${name} from the last place`,
      expected: 'reverse: false: later places are not there yet',
    });
  const [n = 0, t = 0, width = 0] = x?.shape ?? [];
  if (x?.shape.length !== 3)
    throw new ShapeError({ got: formatShape(x?.shape ?? []), expected: 'sequences [n, t, features]' });
  const { bias = true, reverse = false, checkpoint } = options;
  const { kernelInitializer = glorotUniform(), recurrentInitializer = orthogonal() } = options;
  const each = (initializer: Initializer) => sideBySide(initializer, cell.gates);
  const kernel = scope.parameter('kernel', [width, cell.gates * units], each(kernelInitializer));
  const recurrent = scope.parameter(
    'recurrentKernel',
    [units, cell.gates * units],
    each(recurrentInitializer),
  );
  const offset = bias ? scope.parameter('bias', [cell.gates * units], cell.bias) : undefined;
  const candidateBias =
    bias && cell.hasCandidateBias === true ? scope.parameter('recurrentBias', [units], filled(0)) : undefined;
  const names = cell.hasMemory === true ? ['h', 'c'] : ['h'];
  const shape = [n, units];
  const caches = names.map((state) => scope.decoding?.cache(state, shape));
  const first = names.map((_, i) => given[i] ?? stateBefore(scope, caches[i]?.value, shape, x.dtype));
  first.forEach((state, i) => {
    if (!sameShape(state.shape, shape))
      throw new ShapeError({
        got: `the state ${names[i]} ${formatShape(state.shape)}`,
        expected: formatShape(shape),
      });
  });
  const seen = mask === undefined ? [] : [stepsFirst(seenOf(mask, n, t))];
  const step = (before: readonly Value[], [now = x, sees]: readonly Value[]) => {
    const [h = now, c = h] = before;
    const product = times(now, kernel);
    const made = cell.step({ h, c }, offset === undefined ? product : add(product, offset), {
      recurrent,
      candidateBias,
    });
    const next = before.map((old, i) =>
      sees === undefined ? (made[i] ?? old) : select(sees, made[i] ?? old, old),
    );
    return { carries: next, outputs: next.slice(0, 1) };
  };
  const { carries, outputs } = scan(step, first, [stepsFirst(x), ...seen], {
    reverse,
    ...(checkpoint !== undefined && { checkpoint }),
  });
  for (const [i, cache] of caches.entries()) cache?.set(carries[i] ?? x);
  return { outputs: stepsFirst(outputs[0] ?? x), state: carries };
}

/** [n, t, ...] as [t, n, ...], and back. */
function stepsFirst(x: Value): Value {
  return transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)]);
}

/** A state before the first place: what was kept of the places before, or 0. */
function stateBefore(scope: Scope, kept: Value | undefined, shape: Shape, dtype: DType): Value {
  if (scope.decoding === undefined || kept === undefined) return fill(0, shape, dtype);
  // A decoder that begins anew leaves what was kept.
  return select(greater(scope.decoding.position, 0), kept, 0);
}

/** A mask [n, t] of bools or numbers as bools [n, t, 1]. */
function seenOf(mask: Value, n: number, t: number): Value {
  if (!sameShape(mask.shape, [n, t]))
    throw new ShapeError({
      got: `a mask ${formatShape(mask.shape)}`,
      expected: `${formatShape([n, t])}: one for each place`,
    });
  const bools = mask.dtype === 'bool' ? mask : not(equal(mask, 0));
  return reshape(bools, [n, t, 1]);
}

/** Matrices of one initializer side by side. */
function sideBySide(initializer: Initializer, count: number): Initializer {
  if (count === 1) return initializer;
  return (shape, random) => {
    const [rows = 0, columns = 0] = shape;
    const each = columns / count;
    const parts = Array.from({ length: count }, () => initializer([rows, each], random));
    return Float64Array.from(
      { length: rows * columns },
      (_, i) => parts[Math.floor((i % columns) / each)]?.[Math.floor(i / columns) * each + (i % each)] ?? 0,
    );
  };
}
