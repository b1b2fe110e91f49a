import {
  type Backend,
  DataError,
  isFloat,
  PullbackError,
  placeholder,
  type Tensor,
  trace,
  type Value,
} from '@pullback/core';
import { type OnnxFile, onnxFunction, readOnnx } from '@pullback/onnx';
import { gradientCheck } from '@pullback/testing';

/** An input or output of a case, as cases.py writes it: floats as float64, integers and bools as int64, in base64. */
export interface Described {
  readonly name: string;
  /** What it is in place of a tensor of numbers. */
  readonly kind?: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly integer: boolean;
  readonly data: string;
}

/** A node case of ONNX: what a model makes of its inputs, and the tolerance of onnx's own runner. */
export interface NodeCase {
  readonly name: string;
  /** The operator of the only node; empty where there are several. */
  readonly operator: string;
  readonly numeric: boolean;
  readonly rtol: number;
  readonly atol: number;
  readonly inputs: readonly Described[];
  readonly outputs: readonly Described[];
  /** Inputs that are known when the graph is built, beside those that must be. */
  readonly known?: readonly string[];
}

export interface Outcome {
  /** Why the case failed; empty where it passed. */
  readonly why: string;
  /** Whether nothing was left to run: all was computed when the graph was built. */
  readonly folded: boolean;
}

export function numbersOf({ data, integer }: Described): Float64Array {
  const { buffer } = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return integer ? Float64Array.from(new BigInt64Array(buffer), Number) : new Float64Array(buffer);
}

/** The dtype that holds what onnx compares. */
function dtypeOf({ dtype, integer }: Described): Tensor['dtype'] {
  if (dtype === 'bool') return 'bool';
  if (integer) return 'int32';
  return dtype === 'float64' ? 'float64' : 'float32';
}

/** @throws DataError for integers that int32 does not hold, but for those that stand for "as far as possible". */
export function tensorOf(described: Described): Tensor {
  const { shape } = described;
  const dtype = dtypeOf(described);
  const numbers = numbersOf(described);
  if (dtype === 'bool') return { shape, dtype, data: Uint8Array.from(numbers) };
  if (dtype === 'float64') return { shape, dtype, data: numbers };
  if (dtype === 'float32') return { shape, dtype, data: Float32Array.from(numbers) };
  const held = numbers.map((x) => (Math.abs(x) >= 2 ** 62 ? (x < 0 ? -(2 ** 31) : 2 ** 31 - 1) : x));
  if (held.some((x) => x !== (x | 0))) throw new DataError(`'${described.name}' has integers beyond 32 bits`);
  return { shape, dtype, data: Int32Array.from(held) };
}

/** What numpy.testing.assert_allclose says of a result, in one line; empty where it is content. */
function difference(made: Tensor, wanted: Described, { rtol, atol }: NodeCase): string {
  if (made.shape.join() !== wanted.shape.join()) return `shape [${made.shape}] in place of [${wanted.shape}]`;
  if (made.dtype !== dtypeOf(wanted)) return `dtype ${made.dtype} in place of ${wanted.dtype}`;
  const expected = numbersOf(wanted);
  const differs = expected.findIndex((y, i) => {
    const x = made.data[i] ?? 0;
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return false;
    return !(Math.abs(x - y) <= atol + rtol * Math.abs(y));
  });
  return differs < 0
    ? ''
    : `${made.data[differs]} in place of ${expected[differs]} at ${differs} of [${wanted.shape}]`;
}

/** The graph of a case with its inputs: those that shapes follow from are known, the others are placeholders. */
function built(
  file: OnnxFile,
  each: NodeCase,
  dtype: 'float32' | 'float64',
): { readonly given: ReadonlyMap<Value, Tensor>; readonly outputs: readonly Value[] } {
  const tensors = new Map(each.inputs.map((input) => [input.name, tensorOf(input)]));
  const needed = new Set([...file.mustBeKnown, ...(each.known ?? [])]);
  const given = new Map<Value, Tensor>();
  const known: Record<string, Tensor> = {};
  const free: Record<string, Value> = {};
  for (const [name, tensor] of tensors) {
    if (needed.has(name)) {
      known[name] = tensor;
      continue;
    }
    const wide = isFloat(tensor.dtype) && dtype === 'float64';
    const own: Tensor = wide ? { ...tensor, dtype, data: Float64Array.from(tensor.data) } : tensor;
    const place = placeholder(own, name);
    free[name] = place;
    given.set(place, own);
  }
  const made = onnxFunction(file, { known, dtype })(free);
  return { given, outputs: each.outputs.flatMap(({ name }) => made[name] ?? []) };
}

/** Runs a case. Whatever would run on the host counts as failed on a backend that is not the host. */
export async function runCase(bytes: Uint8Array, each: NodeCase, backend: Backend): Promise<Outcome> {
  const odd = [...each.inputs, ...each.outputs].find(({ kind }) => kind !== undefined);
  if (odd !== undefined) return { why: `'${odd.name}' is no tensor of numbers: ${odd.kind}`, folded: false };
  const file = readOnnx(bytes);
  const { given, outputs } = built(file, each, 'float32');
  const places = [...given.keys()];
  const program = trace(places, outputs);
  const hosted =
    file.onHost[0] ?? program.body.find(({ primitive }) => primitive.form === undefined)?.primitive.name;
  if (hosted !== undefined && backend.name !== 'cpu')
    return { why: `${hosted} is computed on the host`, folded: false };
  const executable = await backend.compile(program);
  const buffers = [...given].map(([place, { data }]) => {
    const buffer = backend.allocate(place.spec);
    backend.write(buffer, data);
    return buffer;
  });
  const results = outputs.map(({ spec }) => backend.allocate(spec));
  executable.bind(buffers, results).run();
  let why = '';
  for (const [i, result] of results.entries()) {
    const wanted = each.outputs[i];
    if (wanted === undefined) continue;
    const differs = difference({ ...result.spec, data: await backend.read(result) }, wanted, each);
    if (why === '' && differs !== '') why = `'${wanted.name}': ${differs}`;
  }
  executable.dispose?.();
  for (const buffer of [...buffers, ...results]) backend.free(buffer);
  return { why, folded: program.body.every(({ primitive }) => primitive.kind === 'generator') };
}

/**
 * Whether the gradients of a case, in float64 and along random directions, are those of central differences.
 * @returns 'right', 'none' where no float depends on one, 'rounded' for floats of few bits, whose differences are those of steps, or what differs; directions along which there is a kink or a jump are left out.
 */
export async function gradientsOf(bytes: Uint8Array, each: NodeCase): Promise<string> {
  if ([...each.inputs, ...each.outputs].some(({ dtype }) => /float(4|8|16)/.test(dtype))) return 'rounded';
  const { given, outputs } = built(readOnnx(bytes), each, 'float64');
  const inputs = [...given.keys()].filter(({ dtype }) => isFloat(dtype));
  const floats = outputs.filter(({ dtype, vertex }) => isFloat(dtype) && !vertex.constant);
  const [loss] = floats;
  if (inputs.length === 0 || loss === undefined) return 'none';
  const applications = [{ path: each.name, kind: each.operator, inputs, outputs: floats }];
  const feeds = new Map([...given].map(([place, tensor]) => [place, offKinks(tensor)]));
  const graph = { loss, losses: [], predictions: [], parameters: [], applications, feeds };
  const [wrong] = await gradientCheck({ graph: async () => graph }, {});
  return wrong === undefined ? 'right' : `${wrong.got} in place of ${wrong.expected}`;
}

/** Floats moved by some hundredths: kinks and jumps lie at whole numbers, as do many numbers of cases. */
function offKinks({ shape, dtype, data }: Tensor): Tensor {
  const moved = Float64Array.from(data, (x, i) => x + 0.02 + 0.01 * Math.sin(i));
  return isFloat(dtype) ? { shape, dtype, data: moved } : { shape, dtype, data };
}

/** Why a case failed, in one line; whatever is not an error of ours is a crash. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return `crash: ${String(error)}`;
  const ours = error instanceof PullbackError;
  const line = error.message.split('\n').map((part) => part.trim());
  return `${ours ? '' : 'crash: '}${line.join('; ')}`.slice(0, 220);
}
