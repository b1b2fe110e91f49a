import { DataError } from '@pullback/core';
import { type OperatorRules, type Operators, rulesOf } from './operator-node.ts';
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from './proto/onnx_pb.ts';

/** A node that no operator is there for, or that stands for a function of the file. */
export interface Unsupported {
  /** Such as `Foo`, or `com.acme:Foo`. */
  readonly operator: string;
  /** The names of the nodes, or of their first outputs. */
  readonly nodes: readonly string[];
}

/** The result of a look through all nodes of a file, before anything is run. */
export interface Scan {
  readonly unsupported: readonly Unsupported[];
  /** The names whose numbers must be known before anything is run. */
  readonly known: ReadonlySet<string>;
  /** The names of what training leaves as it is. */
  readonly fixed: ReadonlySet<string>;
  /** The operators whose results are computed where the graph is built. */
  readonly onHost: ReadonlySet<string>;
  /** All operators that nodes ask for, by name. */
  readonly operators: ReadonlySet<string>;
}

/** The name of an operator: its type alone in the domains of ONNX itself. */
export function operatorName({ domain, opType }: Pick<NodeProto, 'domain' | 'opType'>): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}:${opType}`;
}

export function functionKey({ domain, overload, ...node }: NodeProto | FunctionProto): string {
  return `${domain === 'ai.onnx' ? '' : domain}:${'opType' in node ? node.opType : node.name}:${overload}`;
}

export function functionsOf(model: ModelProto): ReadonlyMap<string, FunctionProto> {
  return new Map(model.functions.map((each) => [functionKey(each), each]));
}

export function nameOf(node: NodeProto): string {
  return node.name === '' ? `${node.opType} of '${node.output[0] ?? ''}'` : node.name;
}

/** The graphs among the attributes of a node. */
export function graphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}

/**
 * Looks at all nodes: those of inner graphs and of functions too.
 * @throws DataError for a name that nothing before it makes, as in a cycle, one that is made twice, and functions that call themselves.
 */
export function scan(model: ModelProto, operators: Operators): Scan {
  const functions = functionsOf(model);
  const missing = new Map<string, string[]>();
  const [known, fixed, open] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const [checked, onHost, used] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const look = (node: NodeProto, seen: ReadonlySet<string>): void => {
    const key = functionKey(node);
    const called = functions.get(key);
    if (called !== undefined) {
      if (open.has(key))
        throw new DataError({ got: `the function '${key}', which calls itself`, expected: 'no cycles' });
      if (checked.has(key)) return;
      open.add(key);
      nodesInOrder(called.node, new Set(called.input), look);
      open.delete(key);
      checked.add(key);
    } else if (!Object.hasOwn(operators, operatorName(node))) {
      const nodes = missing.get(operatorName(node)) ?? [];
      missing.set(operatorName(node), [...nodes, nameOf(node)]);
    }
    if (called === undefined) used.add(operatorName(node));
    const operator = called === undefined ? operators[operatorName(node)] : undefined;
    if (operator !== undefined && rulesOf(operator).onHost === true) onHost.add(operatorName(node));
    for (const graph of graphsOf(node)) graphInOrder(graph, seen, look);
  };
  const { graph } = model;
  if (graph === undefined) throw new DataError({ got: 'a model without a graph', expected: 'a graph' });
  graphInOrder(graph, new Set(), look);
  markNeeds(graph, { functions, operators, known, fixed });
  return {
    unsupported: [...missing].map(([operator, nodes]) => ({ operator, nodes })),
    known,
    fixed,
    onHost,
    operators: used,
  };
}

type Look = (node: NodeProto, seen: ReadonlySet<string>) => void;

function graphInOrder(graph: GraphProto, outside: ReadonlySet<string>, look: Look): void {
  const names = [...graph.input.map(({ name }) => name), ...graph.initializer.map(({ name }) => name)];
  const seen = nodesInOrder(graph.node, new Set([...outside, ...names]), look);
  for (const { name } of graph.output)
    if (!seen.has(name))
      throw new DataError({
        got: `the output '${name}', which no node makes`,
        expected: 'a name of the graph',
      });
}

function nodesInOrder(nodes: readonly NodeProto[], outside: ReadonlySet<string>, look: Look): Set<string> {
  const seen = new Set(outside);
  const own = new Set<string>();
  for (const node of nodes) {
    for (const input of node.input)
      if (input !== '' && !seen.has(input))
        throw new DataError({
          got: `'${input}' as input of ${nameOf(node)}, which nothing before it makes`,
          expected: 'nodes in order, without cycles',
        });
    look(node, seen);
    for (const output of node.output) {
      if (output === '') continue;
      if (own.has(output))
        throw new DataError({ got: `'${output}', which is made twice`, expected: 'every name once' });
      own.add(output);
      seen.add(output);
    }
  }
  return seen;
}

interface Needs {
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly operators: Operators;
  readonly known: Set<string>;
  readonly fixed: Set<string>;
}

/** Goes backwards: what makes a name that must be known must be known itself, but for the operators that read shapes alone. */
function markNeeds(graph: Pick<GraphProto, 'node'>, needs: Needs): void {
  const { functions, operators, known, fixed } = needs;
  for (const node of [...graph.node].reverse()) {
    const called = functions.get(functionKey(node));
    if (called !== undefined) {
      // Names of the call stand for names of the function.
      const inner = { ...needs, known: namesIn(called.output, node.output, known), fixed: new Set<string>() };
      markNeeds(called, inner);
      called.input.forEach((name, i) => {
        if (inner.known.has(name)) known.add(node.input[i] ?? '');
        if (inner.fixed.has(name)) fixed.add(node.input[i] ?? '');
      });
      continue;
    }
    const found = Object.hasOwn(operators, operatorName(node)) ? operators[operatorName(node)] : undefined;
    const rules: OperatorRules | undefined = found && rulesOf(found);
    const wanted = node.output.some((name) => known.has(name));
    for (const inner of graphsOf(node)) {
      if (wanted) for (const { name } of inner.output) known.add(name);
      markNeeds(inner, needs);
    }
    const own = rules?.known ?? [];
    const all = own === 'all' || (wanted && rules?.ofShapes !== true);
    node.input.forEach((name, i) => {
      if (name !== '' && (all || own.includes(i))) known.add(name);
      if (rules?.fixed?.includes(i)) fixed.add(name);
    });
  }
}

function namesIn(
  inside: readonly string[],
  outside: readonly string[],
  known: ReadonlySet<string>,
): Set<string> {
  return new Set(inside.filter((_, i) => known.has(outside[i] ?? '')));
}
