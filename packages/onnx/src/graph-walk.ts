import {
  DataError,
  type FloatDType,
  formatShape,
  OptionError,
  sizeOf,
  UnsupportedError,
  Value,
  within,
} from '@pullback/core';
import { type ElementType, types } from './element-types.ts';
import { constantOf } from './graph-constants.ts';
import { functionKey, functionsOf, nameOf, operatorName } from './graph-scan.ts';
import { folded } from './host-numbers.ts';
import { kept } from './kept.ts';
import type { OnnxFile } from './onnx-file.ts';
import { OperatorNode, rulesOf, type Typed } from './operator-node.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.ts';
import type { Numbers } from './tensor-numbers.ts';

/** The settings that a graph is built with, and the Values of the file's weights. */
export interface Building {
  readonly floats: FloatDType;
  readonly training: boolean;
  /** A weight of the file as a Value. */
  weight(name: string, numbers: Numbers): Value;
  randomKey(): Value;
}

type Names = Map<string, Typed>;
type Attributes = ReadonlyMap<string, AttributeProto>;

/** No value of a graph is larger: 4 GB of floats. */
const mostElements = 2 ** 30;

/** One walk through the graph of a file: every node becomes the Values that its operator makes. */
export class GraphWalk {
  readonly #functions: ReadonlyMap<string, FunctionProto>;
  readonly #versions: ReadonlyMap<string, number>;
  readonly #made = new Map<TensorProto, Value>();
  readonly #taken = new Set<string>();

  constructor(
    readonly file: OnnxFile,
    readonly building: Building,
  ) {
    this.#functions = functionsOf(file.model);
    this.#versions = versionsOf(file.model.opsetImport);
  }

  /** The Values of `wanted` names, from those of the inputs. */
  run(inputs: ReadonlyMap<string, Typed>, wanted: readonly string[]): Typed[] {
    const names: Names = new Map(inputs);
    const { graph } = this.file;
    this.#initializers(graph, names, true);
    this.#nodes(neededFor(graph, wanted), names, this.#versions, new Map());
    return wanted.map((name) => found(names, name, 'the outputs'));
  }

  #initializers({ initializer }: GraphProto, names: Names, outermost: boolean): void {
    for (const proto of initializer) {
      if (names.has(proto.name) && outermost) continue;
      // Weights are asked for where they are used.
      const { type } = this.file.numbers(proto);
      names.set(
        proto.name,
        lazily(type, () => this.#numbers(proto.name, proto, proto.dims.length > 0)),
      );
    }
  }

  /** The numbers of a tensor as a weight, where they may be one, else as a constant: once for each, also in a loop. */
  #numbers(name: string, proto: TensorProto, mayLearn: boolean): Value {
    const made = this.#made.get(proto);
    if (made !== undefined) return made;
    const numbers = this.file.numbers(proto);
    const value =
      mayLearn && this.file.isWeight(name, numbers)
        ? this.building.weight(this.#unique(name), numbers)
        : constantOf(numbers, this.building.floats);
    this.#made.set(proto, value);
    return value;
  }

  /** A name of its own: branches of a condition may use one name for different tensors. */
  #unique(name: string): string {
    let own = name;
    for (let i = 2; this.#taken.has(own); i++) own = `${name}.${i}`;
    this.#taken.add(own);
    return own;
  }

  #nodes(
    nodes: readonly NodeProto[],
    names: Names,
    versions: ReadonlyMap<string, number>,
    given: Attributes,
  ): void {
    for (const node of nodes)
      within(nameOf(node).replaceAll('/', '.'), () => {
        const inputs = node.input.map((name) => (name === '' ? undefined : found(names, name, nameOf(node))));
        const attributes = node.attribute.flatMap((each) => referred(each, given));
        const called = this.#functions.get(functionKey(node));
        const made = orRefused(node, () =>
          called === undefined
            ? this.#operator(node, inputs, attributes, names, versions)
            : this.#function(called, inputs, attributes),
        );
        node.output.forEach((name, i) => {
          const output = made[i];
          if (name === '' || output === undefined) return;
          if (sizeOf(output.value.shape) > mostElements)
            throw new DataError({
              got: `${formatShape(output.value.shape)} of ${nameOf(node)}`,
              expected: `at most ${mostElements} elements`,
            });
          names.set(name, output);
        });
      });
  }

  #operator(
    node: NodeProto,
    inputs: readonly (Typed | undefined)[],
    attributes: readonly AttributeProto[],
    names: Names,
    versions: ReadonlyMap<string, number>,
  ): readonly (Typed | undefined)[] {
    const { operators } = this.file;
    const name = operatorName(node);
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (operator === undefined)
      throw new UnsupportedError({ got: `the operator ${name}`, expected: 'one of `onnxOperators`' });
    const { floats, training } = this.building;
    const at = new OperatorNode(node, attributes, inputs, {
      opset: versions.get(node.domain === 'ai.onnx' ? '' : node.domain) ?? 1,
      floats,
      training,
      run: (graph, given) => this.#graph(graph, given, names, versions),
      randomKey: () => this.building.randomKey(),
      numbers: (own, proto) => ({
        value: this.#numbers(own, proto, sizeOf(proto.dims.map(Number)) > 1),
        type: this.file.numbers(proto).type,
      }),
    });
    const made = rulesOf(operator).make(at);
    const list = made instanceof Value || 'value' in made ? [made] : made;
    return list.map((each) => each && this.#typed(each, inputs));
  }

  /** An output with its type: that of the first input of its dtype where the operator does not say. */
  #typed(made: Value | Typed, inputs: readonly (Typed | undefined)[]): Typed {
    const { value, type } = made instanceof Value ? { value: made, type: typeLike(made, inputs) } : made;
    const known = inputs.some((input) => input?.value === value && input.type === type);
    return { value: folded(known ? value : kept(value, type)), type };
  }

  #graph(
    graph: GraphProto,
    inputs: readonly Typed[],
    outside: Names,
    versions: ReadonlyMap<string, number>,
  ): Typed[] {
    const names: Names = new Map(outside);
    this.#initializers(graph, names, false);
    graph.input.forEach(({ name }, i) => {
      const input = inputs[i];
      if (input !== undefined) names.set(name, input);
    });
    this.#nodes(graph.node, names, versions, new Map());
    return graph.output.map(({ name }) => found(names, name, `the outputs of '${graph.name}'`));
  }

  #function(
    called: FunctionProto,
    inputs: readonly (Typed | undefined)[],
    attributes: readonly AttributeProto[],
  ): readonly (Typed | undefined)[] {
    const names: Names = new Map();
    called.input.forEach((name, i) => {
      const input = inputs[i];
      if (input !== undefined) names.set(name, input);
    });
    const defaults = called.attributeProto.map((each) => [each.name, each] as const);
    const given = new Map([...defaults, ...attributes.map((each) => [each.name, each] as const)]);
    this.#nodes(called.node, names, versionsOf(called.opsetImport), given);
    return called.output.map((name) => names.get(name));
  }
}

/** @throws DataError in place of a RangeError: numbers of the file that no array of this engine has room for. */
function orRefused<T>(node: NodeProto, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DataError({ got: `${nameOf(node)}: ${error.message}`, expected: 'sizes that fit into memory' });
  }
}

/** An attribute, or that of the call where it refers to one; nothing where the call has none. */
function referred(attribute: AttributeProto, given: Attributes): AttributeProto[] {
  if (attribute.refAttrName === '') return [attribute];
  const found = given.get(attribute.refAttrName);
  return found === undefined ? [] : [{ ...found, name: attribute.name }];
}

function versionsOf(imports: readonly { readonly domain: string; readonly version: bigint }[]) {
  return new Map(
    imports.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)] as const),
  );
}

function lazily(type: ElementType, make: () => Value): Typed {
  let made: Value | undefined;
  return {
    type,
    get value() {
      made ??= make();
      return made;
    },
  };
}

function found(names: Names, name: string, where: string): Typed {
  const typed = names.get(name);
  if (typed === undefined)
    throw new OptionError({ got: `'${name}' for ${where}`, expected: 'a name that the graph makes' });
  return typed;
}

const plain: Readonly<Record<string, ElementType>> = {
  bool: types.bool,
  float32: types.float,
  float64: types.double,
  int32: types.int64,
  uint8: types.uint8,
};

function typeLike({ dtype }: Value, inputs: readonly (Typed | undefined)[]): ElementType {
  return inputs.find((input) => input?.value.dtype === dtype)?.type ?? plain[dtype] ?? types.float;
}

/** The nodes that `wanted` names depend on, in order. */
function neededFor(graph: GraphProto, wanted: readonly string[]): NodeProto[] {
  const needed = new Set(wanted);
  const nodes = [...graph.node].reverse().filter((node) => {
    if (!node.output.some((name) => needed.has(name))) return false;
    for (const name of namesUsedBy(node)) needed.add(name);
    return true;
  });
  return nodes.reverse();
}

function namesUsedBy(node: NodeProto): string[] {
  const inner = node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
  const used = inner.flatMap((graph) => [
    ...graph.node.flatMap(namesUsedBy),
    ...graph.output.map(({ name }) => name),
  ]);
  return [...node.input, ...used];
}
