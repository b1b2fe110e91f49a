import { type Origin, UnsupportedError } from '@pullback/core';
import { Accesses } from './accesses.ts';
import {
  type Bound,
  bindingsFor,
  elementBytes,
  type Limits,
  overlaps,
  type StorageBinding,
} from './bindings.ts';
import type { Stage } from './stage.ts';
import type { Region, Values } from './values.ts';
import { functionsFor } from './wgsl/functions.ts';
import { count } from './wgsl/numbers.ts';

/** One call of dispatchWorkgroups. */
export interface Dispatch {
  readonly label: string;
  readonly origins: readonly Origin[];
  readonly code: string;
  readonly bindings: readonly StorageBinding[];
  readonly groups: number;
}

/** Invocations of a workgroup, and of the only one of a dispatch that goes through dependent stages. */
const width = 64;
const widthAlone = 256;
/** Stages of no more operations than this, by one workgroup, are not worth a dispatch of their own. */
const mostOperations = 8192;
/** The number of workgroups along one axis of a dispatch. */
const mostAlong = 65535;
const mostTogether = 24;

/** Stages that do not fit beside those chosen before the search for more is given up. */
const mostMisfits = 64;

interface Node {
  readonly place: number;
  readonly stage: Stage;
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  /** Those that touched the same memory last. */
  readonly waitsFor: readonly Node[];
  readonly followers: Node[];
}

/**
 * Stages as few dispatches. Those that do not touch what others write run side by side, each in workgroups of its own. Small ones that wait for each other
 * run one after the other in one workgroup, with barriers between them.
 */
export function dispatchesFor(stages: readonly Stage[], values: Values, limits: Limits): Dispatch[] {
  const nodes = nodesOf(stages, values);
  const done = new Set<Node>();
  const isReady = (node: Node) => node.waitsFor.every((before) => done.has(before));
  let ready = nodes.filter(isReady);
  const dispatches: Dispatch[] = [];
  while (ready.length > 0) {
    const chain = chainFrom(ready, done, values, limits);
    const together = chain ?? abreast(ready, values, limits);
    const bound = bindingsFor(
      together.map(({ stage }) => stage),
      values,
      limits,
    );
    if (bound === undefined || together.length === 0) throw tooMany(ready[0]?.stage, values, limits);
    dispatches.push(chain === undefined ? parallel(together, bound) : serial(together, bound));
    for (const node of together) done.add(node);
    const next = new Set(together.flatMap(({ followers }) => followers).filter(isReady));
    ready = inOrder([...ready, ...next]).filter((node) => !done.has(node));
  }
  return dispatches;
}

function nodesOf(stages: readonly Stage[], values: Values): Node[] {
  const accesses = new Accesses();
  const nodes: Node[] = [];
  for (const stage of stages) {
    if (stage.groups(width) === 0) continue;
    const regions = (list: readonly number[]) => list.map((value) => values.region(value));
    const [reads, writes] = [regions(stage.reads), regions(stage.writes)];
    const place = nodes.length;
    const waits = new Set([
      ...reads.flatMap((region) => accesses.read(place, region)),
      ...stage.writes.flatMap((value) =>
        accesses.write(place, values.region(value), values.isInParts(value) ? value : undefined),
      ),
    ]);
    waits.delete(place);
    const waitsFor = [...waits].flatMap((before) => nodes[before] ?? []);
    const node = { place, stage, reads, writes, waitsFor, followers: [] };
    for (const before of waitsFor) before.followers.push(node);
    nodes.push(node);
  }
  return nodes;
}

function inOrder(nodes: readonly Node[]): Node[] {
  return [...new Set(nodes)].sort((a, b) => a.place - b.place);
}

/** Whether `after` reads or writes what `before` writes, or writes what it reads. */
function conflicts(before: Node, after: Node): boolean {
  const meet = (some: readonly Region[], others: readonly Region[]) =>
    some.some((a) => others.some((b) => overlaps(a, b)));
  return (
    meet(before.writes, after.reads) || meet(before.reads, after.writes) || meet(before.writes, after.writes)
  );
}

function isSmall({ stage }: Node): boolean {
  if (stage.width !== undefined) return false;
  const rounds = stage.groups(widthAlone);
  return rounds === 1 ? stage.operations <= mostOperations : rounds * stage.operations <= mostOperations / 4;
}

/** Small stages that are ready, and those that only wait for them; undefined where none waits. */
function chainFrom(
  ready: readonly Node[],
  done: ReadonlySet<Node>,
  values: Values,
  limits: Limits,
): Node[] | undefined {
  const chain = new Set<Node>();
  let misfits = 0;
  let dependent = false;
  let waiting: readonly Node[] = ready;
  for (let i = 0; i < waiting.length && chain.size < mostTogether && misfits < mostMisfits; i++) {
    const node = waiting[i];
    if (node === undefined || !isSmall(node)) continue;
    const stages = [...chain, node].map(({ stage }) => stage);
    if (bindingsFor(stages, values, limits) === undefined) {
      misfits++;
      continue;
    }
    chain.add(node);
    if (node.waitsFor.some((before) => chain.has(before))) dependent = true;
    const next = node.followers.filter((after) =>
      after.waitsFor.every((before) => done.has(before) || chain.has(before)),
    );
    // Followers come behind what they follow.
    if (next.length > 0) waiting = inOrder([...waiting, ...next]);
  }
  return dependent ? [...chain] : undefined;
}

/** Stages that are ready and have workgroups of one size. */
function abreast(ready: readonly Node[], values: Values, limits: Limits): Node[] {
  const chosen: Node[] = [];
  const size = ready[0]?.stage.width ?? width;
  let misfits = 0;
  for (const node of ready) {
    if (chosen.length >= mostTogether || misfits >= mostMisfits) break;
    if ((node.stage.width ?? size) !== size) continue;
    // Stages that write side by side do not wait for each other, yet a buffer must not be bound for both.
    const stages = [...chosen, node].map(({ stage }) => stage);
    if (bindingsFor(stages, values, limits) !== undefined) chosen.push(node);
    else misfits++;
  }
  return chosen;
}

function tooMany(stage: Stage | undefined, values: Values, limits: Limits): UnsupportedError {
  const touched = new Set([...(stage?.reads ?? []), ...(stage?.writes ?? [])]);
  const largest = Math.max(...[...touched].map((value) => values.region(value).bytes));
  return new UnsupportedError({
    got: `a kernel (${stage?.label}) of ${touched.size} buffers, the largest of ${largest} bytes`,
    expected: `at most ${limits.maxStorageBuffersPerShaderStage} buffers of ${limits.maxStorageBufferBindingSize} bytes on this adapter`,
  });
}

function functionOf(stage: Stage, memory: Bound['memory'], size: number, i: number): string {
  const declarations = stage.declarations?.(memory, String(i));
  return [
    ...(declarations === undefined || declarations === '' ? [] : [declarations]),
    `fn stage${i}(group: u32, lane: u32) {`,
    stage.body(memory, size, String(i)),
    '}',
  ].join('\n');
}

function moduleOf(
  nodes: readonly Node[],
  stages: readonly string[],
  bindings: readonly StorageBinding[],
  size: number,
  main: string,
): string {
  const body = [...stages, main].join('\n');
  const variables = bindings.map(
    ({ access, element, bytes }, i) =>
      `@group(0) @binding(${i}) var<storage, ${access}> v${i}: array<${element}, ${Math.floor(bytes / elementBytes[element])}>;`,
  );
  const entry = `@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
${main}
}`;
  const functions = functionsFor(body);
  const halves = bindings.some(({ element }) => element === 'f16' || element === 'vec4h');
  const enables = [
    ...(halves ? ['enable f16;'] : []),
    ...(nodes.some(({ stage }) => stage.subgroups) ? ['enable subgroups;'] : []),
  ];
  return [...enables, ...variables, ...(functions === '' ? [] : [functions]), ...stages, entry, ''].join(
    '\n',
  );
}

function described(nodes: readonly Node[]): Pick<Dispatch, 'label' | 'origins'> {
  return {
    label: [...new Set(nodes.map(({ stage }) => stage.label))].join(' | '),
    origins: [...new Set(nodes.flatMap(({ stage }) => stage.origins))],
  };
}

function parallel(nodes: readonly Node[], { bindings, memory }: Bound): Dispatch {
  const size = nodes[0]?.stage.width ?? width;
  const stages = nodes.map(({ stage }, i) => functionOf(stage, memory, size, i));
  let from = 0;
  const branches = nodes.map(({ stage }, i) => {
    const start = from;
    from += stage.groups(size);
    const call = `stage${i}(${start === 0 ? 'group' : `group - ${count(start)}`}, lane);`;
    return nodes.length === 1 && from <= mostAlong ? call : `if (group < ${count(from)}) { ${call} }`;
  });
  const main = [`  let group = id.y * ${count(mostAlong)} + id.x;`, `  ${branches.join(' else ')}`].join(
    '\n',
  );
  return { ...described(nodes), code: moduleOf(nodes, stages, bindings, size, main), bindings, groups: from };
}

function serial(nodes: readonly Node[], { bindings, memory }: Bound): Dispatch {
  const stages = nodes.map(({ stage }, i) => functionOf(stage, memory, widthAlone, i));
  const since: Node[] = [];
  const calls = nodes.flatMap((node, i) => {
    const rounds = node.stage.groups(widthAlone);
    const call =
      rounds === 1
        ? `  stage${i}(0u, lane);`
        : `  for (var group = 0u; group < ${count(rounds)}; group++) { stage${i}(group, lane); }`;
    const mustWait = since.some((before) => conflicts(before, node));
    if (mustWait) since.length = 0;
    since.push(node);
    return mustWait ? ['  storageBarrier();', call] : [call];
  });
  return {
    ...described(nodes),
    code: moduleOf(nodes, stages, bindings, widthAlone, calls.join('\n')),
    bindings,
    groups: 1,
  };
}

/** The number of workgroups along x and y. */
export function folded(groups: number): readonly [number, number] {
  return groups <= mostAlong ? [groups, 1] : [mostAlong, Math.ceil(groups / mostAlong)];
}
