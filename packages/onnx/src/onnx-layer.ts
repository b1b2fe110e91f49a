import {
  cast,
  checkOptions,
  constant,
  DataError,
  type FieldsOf,
  type FloatDType,
  field,
  formatShape,
  type Initializer,
  isFloat,
  keyOf,
  type Layer,
  type LayerOptions,
  layerFields,
  OptionError,
  type Scope,
  ShapeError,
  type TensorLike,
  tensor,
  type Value,
} from '@pullback/core';
import { dtypeFor } from './element-types.ts';
import { constantOf } from './graph-constants.ts';
import { GraphWalk } from './graph-walk.ts';
import { kept } from './kept.ts';
import type { Declared, OnnxFile } from './onnx-file.ts';
import type { Typed } from './operator-node.ts';
import type { Numbers } from './tensor-numbers.ts';

export interface OnnxOptions {
  /** Numbers of inputs that are known when the graph is built, such as shapes: they are no inputs any more. */
  readonly known?: Readonly<Record<string, TensorLike>>;
  /** The names that are computed: the outputs of the file when left out. Names inside of the graph cut it there. */
  readonly outputs?: readonly string[];
}

const knownField = field.anything<Readonly<Record<string, TensorLike>>>('tensors by the names of inputs');
const onnxFields = {
  known: knownField,
  outputs: field.list(field.text(), { from: 1 }),
} satisfies FieldsOf<OnnxOptions>;

/** A graph as a function of Values by the names of inputs, which gives the outputs by name. */
export type OnnxFunction = (inputs: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>>;

/**
 * The graph of a file as a function of Values, with the numbers of the file as constants.
 * @throws UnsupportedError for operators that are missing, before anything is built.
 */
export function onnxFunction(
  file: OnnxFile,
  options: OnnxOptions & { readonly dtype?: FloatDType } = {},
): OnnxFunction {
  const { dtype = 'float32', ...rest } = checkOptions('onnxFunction', options, {
    ...onnxFields,
    dtype: field.oneOf<FloatDType>('float32', 'float64'),
  });
  const plan = planOf(file, rest);
  let keys = 0;
  return (inputs) => {
    const missing = plan.inputs.filter(({ name }) => !Object.hasOwn(inputs, name));
    if (missing.length > 0)
      throw new OptionError({
        got: `inputs ${Object.keys(inputs).join(', ') || 'none'}`,
        expected: `also ${missing.map(({ name }) => name).join(', ')}`,
      });
    const walk = new GraphWalk(file, {
      floats: dtype,
      training: false,
      weight: (_, numbers) => constantOf(numbers, dtype),
      randomKey: () => constant({ shape: [2], data: Int32Array.from(keyOf(keys++, 'onnx')) }),
    });
    const given = plan.inputs.flatMap((input) => inputs[input.name] ?? []);
    const made = walk.run(plan.named(given, dtype), plan.outputs);
    return Object.fromEntries(plan.outputs.map((name, i) => [name, valueIn(made[i]?.value)]));
  };
}

/** A layer made of a file: its inputs are those of the file in order. */
export interface OnnxLayer<Out> extends Layer<readonly Value[], Out> {
  /**
   * The shape of one sample of each input, as a Model takes them: without the first axis.
   * @param dimensions the extents of symbolic dimensions by name.
   * @throws ShapeError for a dimension that nobody names.
   */
  input(dimensions?: Readonly<Record<string, number>>): Readonly<Record<string, number[]>>;
}

const layerOptionFields = { ...onnxFields, ...layerFields } satisfies FieldsOf<OnnxOptions & LayerOptions>;

/**
 * The graph of a file as a layer with one output: floats of the file, initializers with an axis at least and constants of several numbers,
 * are weights by their name, `/` as `.`, trained like any other; the rest is constant. Inputs come as the model has them, and are cast to what the file declares.
 * @throws UnsupportedError for operators that are missing, before anything is built; ShapeError for inputs that do not fit; OptionError for
 * several outputs.
 */
export function onnx(file: OnnxFile, options: OnnxOptions & LayerOptions = {}): OnnxLayer<Value> {
  const { outputs = file.outputs.map(({ name }) => name) } = options;
  const [only, ...others] = outputs;
  if (only === undefined || others.length > 0)
    throw new OptionError({
      got: `a graph with the outputs ${outputs.join(', ')}`,
      expected: 'one output',
      hint: "`outputs: ['name']` chooses one; onnxOutputs(file) gives all by name.",
    });
  const layer = onnxOutputs(file, options);
  return {
    ...layer,
    forward: (scope, ...inputs) => valueIn(layer.forward(scope, ...inputs)[only]),
  };
}

/** As `onnx`, with the outputs of the file, or those that are chosen, by name. */
export function onnxOutputs(
  file: OnnxFile,
  options: OnnxOptions & LayerOptions = {},
): OnnxLayer<Readonly<Record<string, Value>>> {
  const { name, ...rest } = checkOptions('onnx', options, layerOptionFields);
  const plan = planOf(file, rest);
  return {
    name: 'onnx',
    label: name,
    source: file.graph.name,
    forward: (scope, ...inputs) => {
      const walk = new GraphWalk(file, {
        floats: scope.dtype,
        training: scope.training,
        weight: (weight, numbers) => weightOf(scope, file, weight, numbers),
        randomKey: () => scope.randomKey(),
      });
      const made = walk.run(plan.named(inputs, scope.dtype), plan.outputs);
      return Object.fromEntries(
        plan.outputs.map((output, i) => [output, floating(valueIn(made[i]?.value), scope.dtype)]),
      );
    },
    input: (dimensions = {}) =>
      Object.fromEntries(plan.inputs.map((input) => [input.name, sampleOf(input, dimensions)])),
  };
}

/** A model computes with floats: an output of whole numbers is one of floats there. */
function floating(value: Value, dtype: FloatDType): Value {
  return isFloat(value.dtype) && value.dtype === dtype ? value : cast(value, dtype);
}

function weightOf(scope: Scope, file: OnnxFile, name: string, { shape, data }: Numbers): Value {
  const initializer: Initializer = (_, __, into) => {
    if (into === undefined) return Float64Array.from(data);
    into.set(data);
    return into;
  };
  return scope.parameter(name.replaceAll('/', '.'), shape, initializer, { trainable: !file.isFixed(name) });
}

interface Plan {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly string[];
  /** The Values of all inputs by name, those that are known too, cast and checked. */
  named(values: readonly Value[], floats: FloatDType): Map<string, Typed>;
}

function planOf(file: OnnxFile, { known = {}, outputs }: OnnxOptions): Plan {
  file.expectSupported();
  const declared = file.inputs;
  for (const name of Object.keys(known))
    if (!file.graph.input.some((input) => input.name === name))
      throw new OptionError({
        got: `'${name}' as known`,
        expected: `one of ${declared.map((input) => input.name).join(', ')}`,
      });
  const inputs = declared.filter(({ name }) => !Object.hasOwn(known, name));
  return {
    inputs,
    outputs: outputs ?? file.outputs.map(({ name }) => name),
    named: (values, floats) => {
      if (values.length !== inputs.length)
        throw new DataError({
          got: `${values.length} inputs`,
          expected: `${inputs.length}: ${inputs.map(({ name }) => name).join(', ')}`,
        });
      const extents = new Map<string, number>();
      const typed = inputs.flatMap((input, i): [string, Typed][] => {
        const value = values[i];
        return value === undefined ? [] : [[input.name, fitted(input, value, floats, extents)]];
      });
      const fixed = declared.flatMap((input): [string, Typed][] => {
        const like = Object.hasOwn(known, input.name) ? known[input.name] : undefined;
        if (like === undefined) return [];
        const value = constant(tensor(like, { dtype: dtypeFor(input.type, floats) }));
        return [[input.name, fitted(input, value, floats, extents)]];
      });
      return new Map([...typed, ...fixed]);
    },
  };
}

/** A Value as an input declares it: of its type, and of its shape, where a name stands for one extent everywhere. */
function fitted(
  { name, type, shape }: Declared,
  value: Value,
  floats: FloatDType,
  extents: Map<string, number>,
): Typed {
  const dims = shape ?? value.shape;
  const fits =
    dims.length === value.shape.length &&
    dims.every((dim, axis) => {
      const extent = value.shape[axis] ?? 0;
      if (typeof dim === 'number') return dim === extent;
      if (dim === undefined) return true;
      const known = extents.get(dim) ?? extent;
      extents.set(dim, known);
      return known === extent;
    });
  if (!fits) {
    const named = dims.map((dim) => {
      const extent = typeof dim === 'string' ? extents.get(dim) : undefined;
      return extent === undefined ? (dim ?? '?') : `${dim} = ${extent}`;
    });
    throw new ShapeError({
      got: `${formatShape(value.shape)} as '${name}'`,
      expected: `[${named.join(', ')}]`,
    });
  }
  return { value: kept(cast(value, dtypeFor(type, floats)), type), type };
}

function sampleOf({ name, shape = [] }: Declared, dimensions: Readonly<Record<string, number>>): number[] {
  return shape.slice(1).map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    const extent = dim !== undefined && Object.hasOwn(dimensions, dim) ? dimensions[dim] : undefined;
    if (extent !== undefined) return extent;
    throw new ShapeError({
      got: `no extent for axis ${axis + 1} of '${name}', ${dim === undefined ? 'which has no name' : `'${dim}'`}`,
      expected: dim === undefined ? 'shapes of your own as `input` of the model' : `{ '${dim}': ... }`,
    });
  });
}

function valueIn(value: Value | undefined): Value {
  if (value === undefined) throw new OptionError({ got: 'no output', expected: 'a name of the graph' });
  return value;
}
