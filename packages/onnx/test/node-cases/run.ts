// npx tsx --tsconfig tsconfig.base.json --conditions=@pullback/source packages/onnx/test/node-cases/run.ts FOLDER [--backend cpu|wasm] [--only TEXT] [--json FILE]
// Runs the node cases that cases.py wrote, on a backend, at the tolerances of onnx's own runner; says of each that fails why, in one line.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CpuBackend } from '@pullback/backend-cpu';
import { WasmBackend } from '@pullback/backend-wasm';
import { type Backend, placeholder, type Tensor, trace, type Value } from '@pullback/core';
import { onnxFunction, readOnnx } from '@pullback/onnx';

interface Described {
  readonly name: string;
  readonly kind?: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly integer: boolean;
  readonly data: string;
}

interface Case {
  readonly name: string;
  readonly operator: string;
  readonly numeric: boolean;
  readonly rtol: number;
  readonly atol: number;
  readonly inputs: readonly Described[];
  readonly outputs: readonly Described[];
}

interface Result {
  readonly name: string;
  readonly operator: string;
  readonly numeric: boolean;
  /** Why it failed; empty where it passed. */
  readonly why: string;
  /** Whether nothing was left to run: all was computed when the graph was built. */
  readonly folded: boolean;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'cpu' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const [folder = '.'] = positionals;
const read = (file: string) => readFileSync(`${folder}/${file}`);

function numbersOf({ data, integer }: Described): Float64Array {
  const bytes = new Uint8Array(Buffer.from(data, 'base64'));
  if (!integer) return new Float64Array(bytes.buffer, 0, bytes.length / 8);
  return Float64Array.from(new BigInt64Array(bytes.buffer, 0, bytes.length / 8), Number);
}

function tensorOf(described: Described): Tensor {
  const data = numbersOf(described);
  const { shape, integer, dtype } = described;
  if (dtype === 'bool') return { shape, dtype: 'bool', data: Uint8Array.from(data) };
  if (integer) {
    // As initializers do: what stands for "as far as possible" becomes the last int32.
    const held = data.map((x) => (Math.abs(x) >= 2 ** 62 ? Math.sign(x) * 2 ** 31 - Number(x > 0) : x));
    if (held.some((x) => x !== (x | 0))) throw new Error('integers beyond 32 bits');
    return { shape, dtype: 'int32', data: Int32Array.from(held) };
  }
  if (dtype === 'float64') return { shape, dtype: 'float64', data };
  return { shape, dtype: 'float32', data: Float32Array.from(data) };
}

/** numpy.testing.assert_allclose of onnx's runner; bools and integers are equal. */
function difference(made: Tensor, wanted: Described, { rtol, atol }: Case): string {
  const shape = wanted.shape.join();
  if (made.shape.join() !== shape) return `shape [${made.shape}] in place of [${wanted.shape}]`;
  const kind = wanted.dtype === 'bool' ? 'bool' : wanted.integer ? 'int32' : wanted.dtype === 'float64' ? 'float64' : 'float32';
  if (made.dtype !== kind) return `dtype ${made.dtype} in place of ${wanted.dtype}`;
  const expected = numbersOf(wanted);
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [made.data[i] ?? 0, expected[i] ?? 0];
    if (Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!(Math.abs(x - y) <= atol + rtol * Math.abs(y))) return `${x} in place of ${y} at ${i} of [${wanted.shape}]`;
  }
  return '';
}

async function run(each: Case, backend: Backend): Promise<{ why: string; folded: boolean }> {
  const odd = [...each.inputs, ...each.outputs].find(({ kind }) => kind !== undefined);
  if (odd !== undefined) return { why: `'${odd.name}' is no tensor of numbers: ${odd.kind}`, folded: false };
  const file = readOnnx(read(`${each.name}.onnx`));
  const given = new Map(each.inputs.map((input) => [input.name, tensorOf(input)]));
  const known = Object.fromEntries(file.mustBeKnown.flatMap((name) => (given.has(name) ? [[name, given.get(name) as Tensor]] : [])));
  const free = file.inputs.filter(({ name }) => !(name in known));
  const places = free.map(({ name }) => {
    const tensor = given.get(name);
    if (tensor === undefined) throw new Error(`no numbers for ${name}`);
    return placeholder(tensor, name);
  });
  const made = onnxFunction(file, { known })(Object.fromEntries(free.map(({ name }, i) => [name, places[i] as Value])));
  const outputs = each.outputs.map(({ name }) => made[name] as Value);
  const program = trace(places, outputs);
  const hosted = program.body.find(({ primitive }) => primitive.form === undefined);
  if (hosted !== undefined && backend.name !== 'cpu')
    return { why: `${hosted.primitive.name} would run on the host`, folded: false };
  const executable = await backend.compile(program);
  const buffers = places.map(({ spec }) => backend.allocate(spec));
  places.forEach((_, i) => backend.write(buffers[i] as never, given.get(free[i]?.name ?? '')?.data as never));
  const results = outputs.map(({ spec }) => backend.allocate(spec));
  const binding = executable.bind(buffers, results);
  binding.run();
  const folded = program.body.every(({ primitive }) => primitive.kind === 'generator');
  let why = '';
  for (const [i, wanted] of each.outputs.entries()) {
    const result = results[i];
    if (result === undefined) continue;
    const differs = difference({ ...result.spec, data: await backend.read(result) }, wanted, each);
    why ||= differs && `'${wanted.name}': ${differs}`;
  }
  binding.dispose?.();
  executable.dispose?.();
  for (const buffer of [...buffers, ...results]) backend.free(buffer);
  return { why, folded };
}

/** Errors of ours have a name; anything else is a crash. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return `crash: ${String(error)}`;
  const ours = error.name.endsWith('Error') && 'got' in error;
  const line = error.message.split('\n').map((part) => part.trim()).join('; ');
  return `${ours || error.message.startsWith('integers beyond') ? '' : 'crash: '}${line}`.slice(0, 220);
}

const { cases, onnx: version }: { cases: string[]; onnx: string } = JSON.parse(read('cases.json').toString());
const operators = new Map<string, string>();
const all = cases.map((name): Case => JSON.parse(read(`${name}.json`).toString()));
for (const { name, operator } of all) operators.set(name, operator);
/** What a case of several nodes is about: the operator that it is an expansion of, or the first word of its name. */
const about = ({ name, operator }: Case): string =>
  operator || operators.get(name.replace(/_expanded.*$/, '')) || name.replace(/^test_/, '').split('_')[0] || name;
const backend: Backend = options.backend === 'wasm' ? new WasmBackend() : new CpuBackend();
const results: Result[] = [];
for (const each of all.filter(({ name }) => name.includes(options.only))) {
  let outcome = { why: '', folded: false };
  try {
    outcome = await run(each, backend);
  } catch (error) {
    outcome = { why: reason(error), folded: false };
    if (options.verbose) console.error(error);
  }
  results.push({ name: each.name, operator: about(each), numeric: each.numeric, ...outcome });
}
const passed = (some: readonly Result[]) => some.filter(({ why }) => why === '').length;
const share = (some: readonly Result[]) => `${passed(some)} of ${some.length} (${((100 * passed(some)) / Math.max(1, some.length)).toFixed(1)}%)`;
for (const { name, why } of results) if (why !== '') console.log(`${name}: ${why}`);
const numeric = results.filter((result) => result.numeric);
console.log(`onnx ${version}, ${options.backend}: numeric cases ${share(numeric)}, all cases ${share(results)}; ${results.filter(({ why }) => why.startsWith('crash')).length} crashed, ${results.filter(({ why, folded }) => why === '' && folded).length} passed without anything left to run`);
if (options.json) writeFileSync(options.json, JSON.stringify({ version, results }));
