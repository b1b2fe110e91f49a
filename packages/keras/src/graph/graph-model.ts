import {
  cast,
  constant,
  defineLayer,
  evaluate,
  formatShape,
  isFloat,
  type Scope,
  sizeOf,
  type Tensor,
  UnsupportedError,
  type Value,
  within,
} from '@pullback/core';
import type { TensorFile } from '@pullback/safetensors';
import type { Predictions } from '@pullback/train';
import { broken, isRecord, type Json, list, record, text } from '../json.ts';
import type { Network } from '../network.ts';
import { images } from './images.ts';
import { type Edge, edgeOf, type GraphOp, NodeAt, NodeDef, shapeOf } from './node-def.ts';
import { numeric } from './numeric.ts';
import { shaping } from './shaping.ts';

/** The ops of TensorFlow that graph models may hold. */
export const graphOps: Readonly<Record<string, GraphOp>> = { ...shaping, ...numeric, ...images };

const inputOps = ['Placeholder', 'PlaceholderWithDefault'];

interface End {
  readonly key: string;
  readonly edge: Edge;
  readonly shape: readonly number[] | undefined;
}

/**
 * A graph of TensorFlow as a layer: floats with an axis are weights by the name of their node, `/` as `.`, the other numbers of the file are constants.
 * @throws UnsupportedError that lists all ops that are missing, CheckpointError for a graph that is none.
 */
export async function graphNetworkOf(file: Json, topology: Json, weights: TensorFile): Promise<Network> {
  const nodes = new Map(
    list(topology['node'], 'the nodes of a graph').map((each) => {
      const node = new NodeDef(each);
      return [node.name, node] as const;
    }),
  );
  const missing = [...nodes.values()].filter(
    ({ op }) => op !== 'Const' && !inputOps.includes(op) && !Object.hasOwn(graphOps, op),
  );
  if (missing.length > 0)
    throw new UnsupportedError({
      got: `ops that are missing: ${[...new Set(missing.map(({ op }) => op))].join(', ')}`,
      expected: `ops among ${Object.keys(graphOps).join(', ')}`,
    });
  const { inputs, outputs } = endsOf(file, topology, nodes);
  const order = inOrder(
    nodes,
    outputs.map(({ edge }) => edge.name),
  );
  const known = new Map<string, Tensor>();
  for (const { name, op } of order) {
    if (op !== 'Const') continue;
    const stored = weights.stored.get(name);
    if (stored === undefined) throw broken(`no numbers of '${name}'`, 'those of every constant');
    if (!isWeight(stored)) known.set(name, await weights.read(name));
  }
  const weightOf = (scope: Scope, name: string): Value => {
    const { shape = [] } = weights.stored.get(name) ?? {};
    return scope.parameter(pathOf(name), shape, (extents) => new Float64Array(sizeOf(extents)));
  };
  const layer = defineLayer('graph', (scope, ...xs: readonly Value[]): Predictions => {
    const given = new Map(inputs.map(({ edge: { name } }, i) => [name, xs[i]]));
    const made = new Map<string, readonly Value[]>();
    const outputOf = ({ name, output }: Edge): Value => {
      const value = made.get(name)?.[output];
      if (value === undefined) throw broken(`no output ${output} of '${name}'`, 'one');
      return value;
    };
    for (const def of order)
      within(pathOf(def.name), () => {
        const tensor = known.get(def.name);
        const x = given.get(def.name);
        if (x !== undefined) made.set(def.name, [cast(x, inputType(def) ?? scope.dtype)]);
        else if (tensor !== undefined)
          made.set(def.name, [
            constant(tensor, { dtype: isFloat(tensor.dtype) ? scope.dtype : tensor.dtype }),
          ]);
        else if (def.op === 'Const') made.set(def.name, [weightOf(scope, def.name)]);
        else {
          const node = new NodeAt(def, def.inputs.map(outputOf), scope.dtype);
          made.set(
            def.name,
            [graphOps[def.op]?.(node) ?? []].flat().map((value) => folded(bounded(value, def.name))),
          );
        }
      });
    const found = outputs.map(({ key, edge }) => [key, outputOf(edge)] as const);
    const [only, ...others] = found;
    return only !== undefined && others.length === 0 ? only[1] : Object.fromEntries(found);
  });
  const floats = new Set(order.flatMap(({ name, op }) => (op === 'Const' && !known.has(name) ? [name] : [])));
  return {
    layer,
    inputs: Object.fromEntries(
      inputs.map(({ key, shape = [] }) => [
        key,
        shape.slice(1).map((extent) => (extent < 0 ? null : extent)),
      ]),
    ),
    // Numbers that are constants here are left out.
    names: (path) =>
      Object.fromEntries(
        [...weights.stored.keys()].map((name) => [
          name,
          floats.has(name) ? { to: `${path}/${pathOf(name)}` } : null,
        ]),
      ),
  };
}

function isWeight({
  dtype,
  shape,
}: {
  readonly dtype: string | undefined;
  readonly shape: readonly number[];
}): boolean {
  return dtype === 'float32' && shape.length > 0;
}

const pathOf = (name: string) => name.replaceAll('/', '.');

function inputType(def: NodeDef): 'int32' | 'bool' | undefined {
  const type = def.type('dtype');
  return type === 'DT_INT32' || type === 'DT_INT64' ? 'int32' : type === 'DT_BOOL' ? 'bool' : undefined;
}

/** A file of some bytes can ask for any size. */
const mostElements = 2 ** 30;

/** The Value, unless it is absurdly large. @throws CheckpointError */
function bounded(value: Value, name: string): Value {
  if (sizeOf(value.shape) <= mostElements) return value;
  throw broken(`${formatShape(value.shape)} of '${name}'`, `at most 2^30 numbers in an array`);
}

/** Whole numbers of which shapes follow, as numbers. */
function folded(value: Value): Value {
  const few = value.vertex.constant && !isFloat(value.dtype) && sizeOf(value.shape) <= 4096;
  return few ? constant(evaluate(value)) : value;
}

/** Inputs and outputs by the names of the signature, or else the placeholders and what nothing reads. */
function endsOf(file: Json, topology: Json, nodes: ReadonlyMap<string, NodeDef>) {
  const signature = [file['signature'], file['userDefinedMetadata'], topology['signature']].find(
    (each) => isRecord(each) && isRecord(each['outputs']),
  );
  const listed = (which: string): End[] | undefined => {
    const given = isRecord(signature) ? signature[which] : undefined;
    if (!isRecord(given) || Object.keys(given).length === 0) return undefined;
    return Object.entries(given).map(([key, each]) => {
      const end = record(each, `the ${which} '${key}'`);
      const edge = edgeOf(text(end['name'], 'a name')) ?? { name: '', output: 0 };
      return { key: pathOf(key), edge, shape: shapeOf(end['tensorShape']) };
    });
  };
  const own = (names: readonly NodeDef[]): End[] =>
    names.map(({ name, shape }) => ({ key: pathOf(name), edge: { name, output: 0 }, shape }));
  const all = [...nodes.values()];
  const read = new Set(all.flatMap(({ inputs }) => inputs.map(({ name }) => name)));
  const inputs = listed('inputs') ?? own(all.filter(({ op }) => inputOps.includes(op)));
  const outputs = listed('outputs') ?? own(all.filter(({ name, op }) => !read.has(name) && op !== 'Const'));
  return { inputs, outputs };
}

/** The nodes that `wanted` depend on, each after its inputs. @throws CheckpointError for a circle, and for names that are not there. */
function inOrder(nodes: ReadonlyMap<string, NodeDef>, wanted: readonly string[]): readonly NodeDef[] {
  const order: NodeDef[] = [];
  const seen = new Map<string, 'open' | 'done'>();
  const stack = [...wanted].reverse();
  for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
    const node = nodes.get(name);
    if (node === undefined) throw broken(`a node '${name}' that is not there`, 'one');
    if (seen.get(name) === 'done') stack.pop();
    else if (seen.get(name) === 'open') {
      seen.set(name, 'done');
      order.push(node);
      stack.pop();
    } else {
      seen.set(name, 'open');
      for (const input of node.inputs) {
        if (seen.get(input.name) === 'open') throw broken(`a circle through '${input.name}'`, 'none');
        if (seen.get(input.name) === undefined) stack.push(input.name);
      }
    }
  }
  return order;
}
