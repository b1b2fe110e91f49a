import { concatenate, type FloatDType, mul, reshape, sizeOf, slice, type Value } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { dependents } from './dependents.ts';
import type { Watched } from './metric-sums.ts';
import { planNames, shared } from './names.ts';
import { type Addend, grown, observe } from './observe.ts';
import { Names, type Partial, type Plan } from './plan.ts';
import { gradientsOf, updated } from './update.ts';
import { type BatchSpecs, namesOf, type Walked, walkThrough } from './walk-through.ts';

/*
 * A step in two Programs. The first computes of a part of a batch what can be summed over parts, as vectors ("buckets"); the second makes
 * the next weights of the sums.
 */

/** A bucket ends with the number that reaches so many elements: its sum can begin while the next one is read. */
const bucketSize = 2 ** 20;

/** loss, addends, states and gradients of a part of a batch: means, penalties and states times the part's share of the samples. */
export function planPart(
  definition: Definition,
  specs: BatchSpecs,
  watched: readonly Watched[] | undefined,
  training: boolean,
): Plan {
  const { dtype } = definition;
  const names = new Names();
  const place = names.add(planNames.place, { shape: [], dtype: 'int32' });
  const share = names.add(planNames.share, { shape: [], dtype });
  const walked = walkThrough(definition, specs, training, { place });
  namesOf(walked, names);
  const { loss, addends } = observe(definition, specs, walked, names, share);
  const added = watched === undefined ? [] : addends(watched);
  const fields = [
    ...(training ? [['loss', loss] as const] : []),
    ...added.flatMap(({ name, more, keeps }) => (keeps ? [] : [[addendName(name), more] as const])),
  ];
  const outputs = new Map<string, Value>(walked.chosen.next);
  for (const addend of added) if (addend.keeps) outputs.set(planNames.kept(addend.name), addend.more);
  const states = training ? statesOf(walked, names) : { own: [], ofBatch: [] };
  if (training) {
    const { learned } = walked.walk;
    for (const { path, next } of states.own) outputs.set(planNames.next(path), next);
    fields.push(...states.ofBatch.map(({ path, next }) => [`state:${path}`, mul(next, share)] as const));
    const gradients = gradientsOf(loss, learned, share);
    learned.forEach(({ path, value }, i) => {
      fields.push([`gradient:${path}`, gradients[i] ?? value]);
    });
  }
  const buckets = inBuckets(fields);
  buckets.forEach((bucket, i) => {
    outputs.set(planNames.bucket(i), concatenate(bucket.map(([, value]) => reshape(value, [-1]))));
  });
  const shapes = buckets.map((bucket) => bucket.map(([name, { shape }]) => ({ name, shape })));
  const own = states.own.map(({ path }) => path);
  return { ...names.plan(outputs), partial: { buckets: shapes, own } };
}

/** Weights, slots, states, totals and the loss from the summed buckets. @param walk one through the network, in training. */
export function planSummed(
  definition: Definition,
  { walk, step }: Pick<Walked, 'walk' | 'step'>,
  { buckets, own }: Partial,
  training: boolean,
): Plan {
  const { dtype } = definition;
  const names = new Names();
  const sums = fromBuckets(buckets, names, dtype);
  const addends = [...sums].flatMap(([name, more]): Addend[] =>
    name.startsWith(addendName('')) ? [{ name: name.slice(addendName('').length), more, keeps: false }] : [],
  );
  const outputs = new Map<string, Value>(grown(addends, names, dtype));
  if (!training) return names.plan(outputs);
  names.put(shared.step, step);
  const samples = names.add(planNames.samples, { shape: [], dtype });
  for (const { path, value } of walk.learned) names.put(`weight:${path}`, value);
  const gradients = walk.learned.map(({ path, value }) => sums.get(`gradient:${path}`) ?? value);
  for (const [name, value] of updated(definition, names, walk.learned, gradients, { step, samples }))
    outputs.set(name, value);
  for (const name of ['loss', ...[...walk.states.keys()].map((path) => `state:${path}`)]) {
    const sum = sums.get(name);
    if (sum !== undefined) outputs.set(name, sum);
  }
  for (const path of own) {
    const state = walk.states.get(path);
    if (state !== undefined) outputs.set(`state:${path}`, names.add(planNames.next(path), state.value.spec));
  }
  return names.plan(outputs);
}

const addendName = (name: string) => `addend:${name}`;

/** The states whose next value depends on the samples, and those whose does not: those have the same for every part. */
function statesOf({ walk }: Walked, names: Names) {
  const states = [...walk.states.values()];
  const plan = names.plan(new Map(states.map(({ path, next }) => [path, next])));
  const depends = dependents(plan);
  const isOfBatch = states.map((_, i) => depends[plan.program.outputs[i] ?? 0] === true);
  return { ofBatch: states.filter((_, i) => isOfBatch[i]), own: states.filter((_, i) => !isOfBatch[i]) };
}

type Named = readonly (readonly [name: string, value: Value])[];

/** Numbers in their order, a new bucket begun where the last one has enough. */
function inBuckets(fields: Named): readonly Named[] {
  const buckets: (readonly [string, Value])[][] = [];
  let room = 0;
  for (const field of fields) {
    if (room <= 0) {
      buckets.push([]);
      room = bucketSize;
    }
    buckets.at(-1)?.push(field);
    room -= sizeOf(field[1].shape);
  }
  return buckets;
}

/** The number of elements of each bucket. */
export function bucketSizes(buckets: Partial['buckets']): readonly number[] {
  return buckets.map((fields) => fields.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
}

/** Every number of the buckets by its name. */
function fromBuckets(
  buckets: Partial['buckets'],
  names: Names,
  dtype: FloatDType,
): ReadonlyMap<string, Value> {
  const sizes = bucketSizes(buckets);
  return new Map(
    buckets.flatMap((fields, i) => {
      const bucket = names.add(planNames.bucket(i), { shape: [sizes[i] ?? 0], dtype });
      let from = 0;
      return fields.map(({ name, shape }) => {
        const first = from;
        from += sizeOf(shape);
        return [name, reshape(slice(bucket, [first], [from]), shape)] as const;
      });
    }),
  );
}
