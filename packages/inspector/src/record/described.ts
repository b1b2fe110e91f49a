import { backwardWalk, type Composite, isFloat, type Value, type Vertex } from '@pullback/core';
import type { EdgeData, GraphData, GroupData, NodeData, NodeKind } from '../data.ts';
import {
  edgeEquation,
  equationOf,
  groupEquation,
  isElementwise,
  isProduct,
  lossEquation,
  type Roles,
} from './equations.ts';
import { applied, keepsNumbers, repeats, textOf } from './text.ts';

/** The description of a graph beside its Values, such as names. */
export interface Naming {
  /** Where it begins: inputs, targets, weights, states. */
  readonly leaves: ReadonlyMap<Value, { readonly kind: Exclude<NodeKind, 'node'>; readonly path: string }>;
  /** Its layers, by their paths. */
  readonly layers?: readonly {
    readonly path: string;
    readonly kind: string;
    readonly source?: string | undefined;
  }[];
  /** Outputs that the loss may not depend on, since it reads what they were made of. */
  readonly predictions?: readonly Value[];
}

/** A graph as plain data, with the Values whose numbers it shows, in the same order. */
export interface Described {
  readonly graph: Omit<GraphData, 'listings'>;
  readonly values: readonly Value[];
  readonly gradients: readonly (Value | undefined)[];
  readonly edges: readonly (Value | undefined)[];
  /** The gradients that came back to the outputs of each node. */
  readonly arriving: ReadonlyMap<Vertex, readonly (Value | undefined)[]>;
  readonly vertices: readonly Vertex[];
}

/** The walk of one loss: vertices as nodes, what they read as edges, J^T g along each. */
export function described(loss: Value, { leaves, layers = [], predictions = [] }: Naming): Described {
  const { vertices, composites } = leafVertices([loss, ...predictions]);
  const values = vertices.flatMap(({ outputs }) => outputs);
  const places = new Map(values.map((value, i) => [value, i]));
  const placeOf = (value: Value) => places.get(resolved(value));
  // Nobody moves a target.
  const floats = values.filter((value) => isFloat(value.dtype) && leaves.get(value)?.kind !== 'target');
  const { gradients, steps } = backwardWalk(loss, floats);
  const gradientOf = new Map(floats.map((value, i) => [value, gradients[i]]));
  const stepOf = new Map(steps.map((step) => [step.vertex, step]));
  const reached = new Set(steps.flatMap(({ to }) => to.map(resolved))).add(resolved(loss));

  const roles = rolesIn(vertices, leaves);
  const groupsOf = groupsFor(layers, composites);
  const nameOf = (value: Value) => lastPart(leaves.get(resolved(value))?.path ?? '');
  const numbers = new Map(vertices.map((vertex, i) => [vertex, i]));

  const nodes = vertices.map((vertex): NodeData => {
    const leaf = leaves.get(vertex.output);
    const shown = leaf ?? { kind: 'node' as const, path: vertex.origin.path };
    return {
      kind: leaf === undefined && vertex.inputs.length === 0 ? 'state' : shown.kind,
      name: leaf === undefined ? vertex.node.name : lastPart(leaf.path),
      path: shown.path,
      groups: groupsOf.placesOf(vertex),
      outputs: vertex.outputs.map((value) => places.get(value) ?? -1),
      formula: leaf === undefined ? `y = ${applied(vertex, operandNames(vertex, nameOf))}` : '',
      elementwise: isElementwise(vertex),
      equation: equationOf(vertex, roles),
    };
  });

  const edges: EdgeData[] = [];
  const parts: (Value | undefined)[] = [];
  const add = (edge: EdgeData, part?: Value) => {
    edges.push(edge);
    parts.push(part);
  };
  for (const vertex of vertices) {
    const step = stepOf.get(vertex);
    const to = numbers.get(vertex) ?? -1;
    const operands = operandNames(vertex, nameOf);
    vertex.inputs.forEach((input, i) => {
      const value = placeOf(input);
      if (value === undefined) return;
      const part = step?.parts[i];
      const names = new Map<Value, string>([
        ...vertex.inputs
          .map((each, k) => [each, operands[k] ?? ''] as const)
          .filter(([, name]) => name !== ''),
        ...vertex.outputs.map((each, k) => [each, subscript('y', k, vertex.outputs.length)] as const),
        ...(step?.arriving ?? []).flatMap((each, k) =>
          each === undefined ? [] : [[each, subscript('g', k, vertex.outputs.length)] as const],
        ),
      ]);
      const vjp = part === undefined ? '' : textOf(part, names);
      add(
        { value, to, input: i, vjp, equation: part === undefined ? '' : edgeEquation(vertex, input, roles) },
        part,
      );
    });
  }
  for (const { inputs, node, inside } of composites)
    for (const i of node.detour?.through ?? []) {
      const [value, to] = [
        inputs[i] && placeOf(inputs[i]),
        numbers.get(inside[0] ?? vertices[0] ?? loss.vertex),
      ];
      if (value !== undefined && to !== undefined) add({ value, to, input: -1, vjp: '', equation: '' });
    }

  return {
    graph: {
      nodes,
      groups: groupsOf.groups,
      values: values.map((value) => ({
        node: numbers.get(value.vertex) ?? -1,
        shape: value.shape,
        dtype: value.dtype,
      })),
      edges,
      loss: placeOf(loss) ?? -1,
    },
    values,
    gradients: values.map((value) =>
      reached.has(value) || leaves.has(value) || predictions.some((p) => resolved(p) === value)
        ? gradientOf.get(value)
        : undefined,
    ),
    edges: parts,
    arriving: new Map(steps.map(({ vertex, arriving }) => [vertex, arriving])),
    vertices,
  };
}

/** A composite that opens, with the vertices in it. */
interface Opened {
  readonly vertex: Vertex;
  readonly node: Composite;
  readonly inputs: readonly Value[];
  readonly inside: Vertex[];
}

interface Level {
  readonly opened: Opened | undefined;
  readonly outer: Level | undefined;
}

/** Whether the walk goes through what `forward` built. */
const opens = ({ node, expansion }: Vertex) =>
  node.kind === 'composite' && node.vjp === undefined && expansion !== undefined;

/** Whether a vertex gives its operand under another shape alone: it is not drawn. */
const reshapes = (vertex: Vertex) => keepsNumbers(vertex) && !repeats(vertex);

/** The value that a composite's output is, or one that was only reshaped. */
function resolved(value: Value): Value {
  let found = value;
  for (;;) {
    const { vertex, index }: Value = found;
    const inner = opens(vertex) ? vertex.expansion?.[index] : reshapes(vertex) ? vertex.inputs[0] : undefined;
    if (inner === undefined) return found;
    found = inner;
  }
}

/** The vertices that the walk goes over, in their order, and the composites that it goes into, outer ones first. */
function leafVertices(from: readonly Value[]): {
  readonly vertices: Vertex[];
  readonly composites: Opened[];
} {
  const seen = new Set<Vertex>();
  const found: Vertex[] = [];
  const composites: Opened[] = [];
  const waiting: { value: Value; level: Level }[] = from.map((value) => ({
    value,
    level: { opened: undefined, outer: undefined },
  }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value } = next;
    let { level } = next;
    while (level.outer !== undefined && level.opened?.inputs.includes(value)) level = level.outer;
    const { vertex } = value;
    if (seen.has(vertex) || vertex.constant) continue;
    seen.add(vertex);
    const { node, inputs, expansion } = vertex;
    if (opens(vertex) && node.kind === 'composite') {
      const opened: Opened = { vertex, node, inputs, inside: [] };
      composites.push(opened);
      // Inputs that the expansion does not read are walked from here.
      for (const input of inputs) waiting.push({ value: input, level });
      for (const inner of expansion ?? []) waiting.push({ value: inner, level: { opened, outer: level } });
      continue;
    }
    for (const input of inputs) waiting.push({ value: input, level });
    if (reshapes(vertex)) continue;
    found.push(vertex);
    for (let around: Level | undefined = level; around !== undefined; around = around.outer)
      around.opened?.inside.push(vertex);
  }
  const byAge = (a: Vertex, b: Vertex) => a.id - b.id;
  for (const { inside } of composites) inside.sort(byAge);
  // An outer composite is made after what is in it.
  composites.sort((a, b) => b.vertex.id - a.vertex.id);
  return { vertices: found.sort(byAge), composites };
}

/** Which layers and composites a vertex is in. */
function groupsFor(layers: NonNullable<Naming['layers']>, composites: readonly Opened[]) {
  const byPath = new Map(layers.map((layer) => [layer.path, layer]));
  const ordered = [...byPath.values()].sort((a, b) => a.path.length - b.path.length);
  const some = composites.filter(({ inside }) => inside.length > 1);
  const groups = [
    ...ordered.map(
      ({ path, kind, source = '' }): GroupData => ({
        name: kind,
        path,
        kind: 'layer',
        elementwise: false,
        equation: source === '' ? lossEquation(kind) : source,
        back: '',
      }),
    ),
    ...some.map(
      ({ vertex, node }): GroupData => ({
        name: node.name,
        path: vertex.origin.path,
        kind: 'composite',
        elementwise: isElementwise(vertex),
        equation: lossEquation(node.name) || (isElementwise(vertex) ? '(3.1)' : ''),
        back: groupEquation(node) || (isElementwise(vertex) ? '(3.2)' : ''),
      }),
    ),
  ];
  const insideOf = new Map<Vertex, number[]>();
  some.forEach(({ inside }, i) => {
    for (const vertex of inside) insideOf.set(vertex, [...(insideOf.get(vertex) ?? []), ordered.length + i]);
  });
  const placesOf = (vertex: Vertex): number[] => {
    const { path } = vertex.origin;
    const around = ordered.flatMap((layer, i) => (`${path}/`.startsWith(`${layer.path}/`) ? [i] : []));
    return [...around, ...(insideOf.get(vertex) ?? [])];
  };
  return { groups, placesOf };
}

function rolesIn(vertices: readonly Vertex[], leaves: Naming['leaves']): Roles {
  const isWeight = (value: Value) => leaves.get(resolved(value))?.kind === 'weight';
  // Those that are read last, of factors of products and of what is added.
  const last = new Map<boolean, Value>();
  for (const vertex of vertices)
    for (const input of vertex.inputs) if (isWeight(input)) last.set(isProduct(vertex), resolved(input));
  const lasts = new Set(last.values());
  return { isWeight, isLast: (value) => lasts.has(resolved(value)) };
}

/** Names for the operands of a vertex: weights by their own, the others x, or a, b, ...; '' for numbers. */
function operandNames({ inputs }: Vertex, nameOf: (value: Value) => string): string[] {
  const moving = [...new Set(inputs.filter(({ vertex }) => !vertex.constant).map(resolved))];
  const letters = moving.filter((value) => nameOf(value) === '');
  return inputs.map((input) => {
    if (input.vertex.constant) return '';
    const own = nameOf(input);
    if (own !== '') return own;
    return letters.length === 1
      ? 'x'
      : (['a', 'b', 'c', 'd'][letters.indexOf(resolved(input))] ?? `x${letters.indexOf(resolved(input))}`);
  });
}

const subscript = (name: string, k: number, of: number) =>
  of === 1 ? name : `${name}${'₁₂₃₄₅₆₇₈₉'[k] ?? k}`;

const lastPart = (path: string) => path.slice(path.lastIndexOf('/') + 1);
