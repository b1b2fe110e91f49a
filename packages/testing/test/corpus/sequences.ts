// Layers of sequences with a mistake in each: a place sees what it must not, or what comes some at a time is not what comes at once.
import {
  add,
  and,
  concatenate,
  div,
  equal,
  fill,
  flip,
  gather,
  iota,
  less,
  lessEqual,
  mod,
  mul,
  reshape,
  type ScanOptions,
  type Scope,
  scan,
  select,
  slice,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
  type Value,
} from '@pullback/core';
import { attention } from '@pullback/layers';
import type { Options, WrongLayer } from './layer-of.ts';
import { simple } from './layer-of.ts';

const causal: Options = {
  causal: true,
  sample: (a) => [a + 1, 2],
  example: { sizes: [2, 3, 2], seed: 3 },
  tolerance: 1e-5,
};

/** The place of queries and of keys, as int32 [1, t, s]. */
const placesOf = (t: number, s: number) => [1, 2].map((axis) => iota([1, t, s], { axis })) as [Value, Value];
const headed = (x: Value) => reshape(x, [...x.shape.slice(0, 2), 1, x.shape[2] ?? 0]);

/** Attention of a sequence to itself, with a mask by the places of queries and keys. */
const masked = (sees: (query: Value, key: Value) => Value) =>
  simple('masked', (_, x) => {
    const t = x.shape[1] ?? 0;
    const z = headed(x);
    return reshape(attention(z, z, z, { mask: sees(...placesOf(t, t)) }), x.shape);
  });

type Decoding = NonNullable<Scope['decoding']>;

/** The same as it should be, and decoded by `step`: keys, which are values too, are kept in a cache of all places. */
const decoded = (step: (x: Value, decoding: Decoding) => readonly [keys: Value, next: Value]) =>
  simple('decoded', (scope, x) => {
    const { decoding } = scope;
    const t = x.shape[1] ?? 0;
    if (decoding === undefined) {
      const z = headed(x);
      return reshape(attention(z, z, z, { causal: true }), x.shape);
    }
    const [n = 0, , width = 0] = x.shape;
    const [keys, next] = step(x, decoding);
    decoding.cache('keys', [n, decoding.capacity, width]).set(next);
    const [query, key] = placesOf(t, decoding.capacity);
    const mask = lessEqual(key, add(query, decoding.position));
    return reshape(attention(headed(x), headed(keys), headed(keys), { mask }), x.shape);
  });

/** The cache with the new places in it, put down `late` places after theirs. */
const extended = (x: Value, { position, capacity, cache }: Decoding, late = 0) => {
  const [n = 0, t = 0, width = 0] = x.shape;
  const place = sub(iota([capacity]), add(position, late));
  const fresh = reshape(and(lessEqual(0, place), less(place, t)), [1, capacity, 1]);
  const { value } = cache('keys', [n, capacity, width]);
  return [value, select(fresh, gather(x, place, { axis: 1 }), value)] as const;
};

/** Running sums along the places, two places at a time, with what is carried from one chunk to the next through `carry`. */
const inChunks = (carry: (sum: Value) => Value) =>
  simple('chunks', (_, x) => {
    const made: Value[] = [];
    let carried: Value | undefined;
    for (let from = 0; from < (x.shape[1] ?? 0); from++) {
      if (from % 2 === 0 && carried !== undefined) carried = carry(carried);
      const here = slice(x, [0, from], [x.shape[0] ?? 0, from + 1]);
      carried = carried === undefined ? here : add(carried, here);
      made.push(mul(carried, carried));
    }
    return concatenate(made, { axis: 1 });
  });

const first = (x: Value) => fill(0.5, [x.shape[0] ?? 0, x.shape[2] ?? 0], x.dtype);
const placesFirst = (x: Value) => transpose(x, [1, 0, 2]);

/** h' = tanh(x + h / 2) at each place, with what is done to h before a place, and where the first one comes from. */
const recurrent = (before: (h: Value, place: Value) => Value, options: ScanOptions = {}, start = first) =>
  simple('recurrent', (_, x) => {
    const { outputs } = scan(
      (h, [now, place]) => {
        const next = tanh(add(now, mul(before(h, place), 0.5)));
        return { carries: next, outputs: next };
      },
      start(x),
      [placesFirst(x), iota([x.shape[1] ?? 0])],
      options,
    );
    return placesFirst(outputs);
  });

export const wrongSequences: Readonly<Record<string, WrongLayer>> = {
  'a mask off by one: the next place is seen': {
    make: masked((query, key) => lessEqual(key, add(query, 1))),
    options: causal,
    says: /depends on place \d+ of its sequence, which comes later/,
  },
  'a mask off by one: a place does not see itself': {
    make: masked((query, key) => less(key, query)),
    options: causal,
    says: /place 0 does not depend on the input there/,
  },
  'a mask turned around': {
    make: masked((query, key) => lessEqual(query, key)),
    options: causal,
    says: /comes later/,
  },
  'a mean over all places': {
    make: simple('mean', (_, x) => add(x, div(sum(x, { axis: 1, keepAxis: true }), x.shape[1] ?? 1))),
    options: causal,
    says: /comes later/,
  },
  'a cache that is one step late: new places are there from the next step on': {
    make: decoded((x, decoding) => extended(x, decoding)),
    options: causal,
    says: /places that come 1 at a time, from place 0/,
  },
  'a cache that is one place late': {
    make: decoded((x, decoding) => {
      const [, next] = extended(x, decoding, 1);
      return [next, next];
    }),
    options: causal,
    says: /places that come 1 at a time/,
  },
  'a cache that is right one place at a time alone': {
    make: decoded((x, decoding) => {
      const [, next] = extended(flip(x, 1), decoding);
      return [next, next];
    }),
    options: causal,
    says: /places that come 2 at a time/,
  },
  'a cache that forgets': {
    make: decoded((x, decoding) => {
      const [value, next] = extended(x, decoding);
      return [next, mul(value, 0)];
    }),
    options: causal,
    says: /places that come 1 at a time, from place 1/,
  },
  'keys that leak from one sequence to the next': {
    make: simple('leaks', (_, x) => {
      const shifted = concatenate([slice(x, [1]), slice(x, [0], [1])], { axis: 0 });
      const z = headed(x);
      return reshape(attention(z, headed(shifted), z, { causal: true }), x.shape);
    }),
    options: causal,
    says: /samples influence each other/,
  },
  'a gradient that is cut at the chunk': {
    make: inChunks(stopGradient),
    options: { ...causal, causal: false },
    says: /gradient/,
  },
  'a state that leaks from one sequence to the next': {
    make: recurrent((h) => concatenate([slice(h, [1]), slice(h, [0], [1])], { axis: 0 })),
    options: { ...causal, causal: false },
    says: /samples influence each other/,
  },
  'a state that starts where the sequence ends': {
    make: recurrent(
      (h) => h,
      {},
      (x) => reshape(slice(x, [0, -1]), [x.shape[0] ?? 0, x.shape[2] ?? 0]),
    ),
    options: causal,
    says: /comes later/,
  },
  'a recurrence from the end that says it is causal': {
    make: recurrent((h) => h, { reverse: true }),
    options: causal,
    says: /comes later/,
  },
  'a recurrence that begins anew with each place that comes': {
    make: recurrent((h) => h),
    options: causal,
    says: /places that come 1 at a time, from place/,
  },
  'a recurrence whose gradient is cut at every second step': {
    make: recurrent((h, place) => select(equal(mod(place, 2), 0), stopGradient(h), h)),
    options: { ...causal, causal: false },
    says: /gradient/,
  },
  'nothing: a recurrence, of which steps are computed again': {
    make: recurrent((h) => h, { checkpoint: 2 }),
    options: { ...causal, causal: false },
    says: /^$/,
  },
  'nothing: mask and cache as they should be': {
    make: decoded((x, decoding) => {
      const [, next] = extended(x, decoding);
      return [next, next];
    }),
    options: causal,
    says: /^$/,
  },
};
