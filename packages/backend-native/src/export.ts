import { type Plan, planFor, type WholeKernel } from '@pullback/compiler';
import {
  bytesOf,
  type DType,
  describeOrigins,
  type Exported,
  type ExportedNames,
  formatShape,
  type Program,
  sizeOf,
  type TensorSpec,
  type TypedArray,
  UnsupportedError,
} from '@pullback/core';
import { elementType, literal } from './c/lanes.ts';
import { prelude } from './c/prelude.ts';
import { usedBy } from './c/used.ts';
import type { Call, Start } from './kernels/call.ts';
import { kernelsOn } from './kernels-on.ts';
import { sourceOf } from './source.ts';
import { plainTarget } from './target.ts';

/** A tensor of an exported Program as an array of C. */
interface Tensor {
  readonly name: string;
  readonly variable: string;
  readonly spec: TensorSpec;
  /** Its first numbers; zeros where it has none. */
  readonly data: TypedArray | undefined;
  /** Whether the Program changes it, or who runs it does. */
  readonly isFixed: boolean;
}

/**
 * A Program as one C file of plain loops and its header (`loader`), with no dependency but libc and libm: arrays for what is given and made, and
 * `model_run(times)`. Its bits are those of `native({ deterministic: true })`.
 * @throws UnsupportedError for a primitive that needs the host.
 */
export async function exportC(program: Program, names: ExportedNames): Promise<Exported> {
  const places = new Map<string, number[]>();
  names.inputs.forEach(({ name }, i) => {
    places.set(name, [...(places.get(name) ?? []), i]);
  });
  const kernels = kernelsOn(program);
  const plan = planFor(
    kernels,
    names.outputs.map((output) => places.get(output) ?? []),
  );
  const { functions, taskOf } = sourceOf(kernels, plainTarget);
  const tasks = plan.kernels.map(taskOf);
  refuseHost(tasks.flatMap((task) => (task !== undefined && 'host' in task ? [task.host] : [])));
  const tensors = tensorsOf(program, names);
  const calls = tasks.flatMap((task) => (task === undefined || 'host' in task ? [] : [task]));
  const most = (bytesOfCall: (call: Call) => number) =>
    calls.reduce((bytes, call) => Math.max(bytes, bytesOfCall(call)), 0);
  const bytes = most((call) => call.bytes);
  const listed = { calls, numbers: numbersOf(calls) };
  const code = [
    ...functions.map((text) => text.replace(/^void kernel_/m, 'static void kernel_')),
    ...[...tensors.values()].map(defined),
    ...literals(plan),
    blockOf('arena', plan.arena.bytes),
    ...[...listed.numbers.values()].map(({ text }) => text),
    ...(bytes === 0 ? [] : [blockOf('steps', bytes)]),
    blockOf(
      'scratch',
      most(({ scratch }) => scratch),
    ),
    runOf(plan, listed, names, tensors),
  ].join('\n\n');
  const text = [about(tensors), pragmas, usedBy(code, prelude(plainTarget)), code, ''].join('\n');
  return { code: new TextEncoder().encode(text), loader: headerOf(tensors) };
}

function refuseHost(kernels: readonly WholeKernel[]): void {
  const needed = new Set(kernels.map(({ instruction }) => `'${instruction.primitive.name}'`));
  if (needed.size === 0) return;
  throw new UnsupportedError({
    got: `${[...needed].join(', ')}, which is computed by its 'evaluate' on the host`,
    expected: 'a Program that C computes alone',
    hint: 'Written with functions of the core, it can be exported.',
    at: describeOrigins(kernels.flatMap(({ origins }) => origins)),
  });
}

/** Products and sums are rounded each, and memory is used again with other types, whatever the command line says. */
const pragmas = [
  '#if defined(__clang__)',
  '#pragma STDC FP_CONTRACT OFF',
  '#elif defined(__GNUC__)',
  '#pragma GCC optimize ("fp-contract=off", "no-strict-aliasing")',
  '#endif',
].join('\n');

function about(tensors: ReadonlyMap<string, Tensor>): string {
  const lines = [...tensors.values()].map(
    ({ spec, variable, name }) => `   ${declaration(spec, variable)}: ${name}`,
  );
  return [
    '/* A model of Pullback in plain C. model_run(times) reads and writes these arrays:',
    ...lines,
    '   cc -std=c99 -O2 -c model.c, and -lm where it is linked. Not for -ffast-math. */',
  ].join('\n');
}

function declaration({ shape, dtype }: TensorSpec, variable: string): string {
  return `${elementType(dtype)} ${variable}[${Math.max(1, sizeOf(shape))}] of ${dtype}${formatShape(shape)}`;
}

function tensorsOf(program: Program, { inputs, outputs }: ExportedNames): ReadonlyMap<string, Tensor> {
  const found = new Map<string, Tensor>();
  const taken = new Set<string>(['model_run']);
  const put = (
    name: string,
    spec: TensorSpec | undefined,
    data: TypedArray | undefined,
    isFixed: boolean,
  ) => {
    if (found.has(name)) return;
    let variable = `model_${name.replace(/\W/g, '_')}`;
    while (taken.has(variable)) variable += '_';
    taken.add(variable);
    found.set(name, { name, variable, spec: spec ?? { shape: [], dtype: 'float32' }, data, isFixed });
  };
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs: made }) => made)];
  inputs.forEach(({ name, data }, i) => {
    put(name, program.inputs[i], data, data !== undefined && !outputs.includes(name));
  });
  outputs.forEach((name, i) => {
    put(name, specs[program.outputs[i] ?? -1], undefined, false);
  });
  return found;
}

/** The C type of a number in memory: bools are 0 and 1 there. */
function numbers(dtype: DType, data: TypedArray): string {
  const stored = dtype === 'bool' ? 'uint8' : dtype;
  const texts = Array.from(data, (x) => literal(stored, x));
  const lines: string[] = [];
  for (let i = 0; i < texts.length; i += 12) lines.push(`  ${texts.slice(i, i + 12).join(', ')}`);
  return `{\n${lines.join(',\n')}}`;
}

function defined({ variable, spec, data, isFixed }: Tensor): string {
  const size = Math.max(1, sizeOf(spec.shape));
  const head = `${isFixed ? 'const ' : ''}${elementType(spec.dtype)} ${variable}[${size}]`;
  return data === undefined || data.length === 0
    ? `${head} = {0};`
    : `${head} = ${numbers(spec.dtype, data)};`;
}

function constant(name: string, { dtype }: TensorSpec, data: TypedArray): string {
  return `static const ${elementType(dtype)} ${name}[${data.length}] = ${numbers(dtype, data)};`;
}

/** Numbers that are part of the Program, each an array of its own. */
function literals({ literals: given, specs }: Plan): string[] {
  return given.flatMap(({ value, data }) => {
    const spec = specs.get(value);
    return spec === undefined || data.length === 0 ? [] : [constant(`literal_${value}`, spec, data)];
  });
}

/** Numbers of steps. */
function numbersOf(calls: readonly Call[]): Listed['numbers'] {
  const found = new Map<TypedArray, { readonly name: string; readonly text: string }>();
  for (const start of calls.flatMap(({ starts }) => starts)) {
    if (start.kind !== 'numbers' || found.has(start.data)) continue;
    const name = `numbers_${found.size}`;
    found.set(start.data, { name, text: constant(name, start.spec, start.data) });
  }
  return found;
}

interface Listed {
  readonly calls: readonly Call[];
  readonly numbers: ReadonlyMap<TypedArray, { readonly name: string; readonly text: string }>;
}

/** Memory for numbers of any type. */
function blockOf(name: string, bytes: number): string {
  return `static union { double aligned; char bytes[${Math.max(8, bytes)}]; } ${name};`;
}

/** A step: kernel after kernel with the addresses of its buffers, then the copies. */
function runOf(
  plan: Plan,
  { calls, numbers }: Listed,
  { inputs, outputs }: ExportedNames,
  tensors: ReadonlyMap<string, Tensor>,
): string {
  const isLiteral = new Set(plan.literals.filter(({ data }) => data.length > 0).map(({ value }) => value));
  const addressOf = (value: number): string => {
    const location = plan.locate(value);
    if (location.kind === 'arena')
      return isLiteral.has(value) ? `(char *)literal_${value}` : `arena.bytes + ${location.offset}`;
    const name = location.kind === 'input' ? inputs[location.index]?.name : outputs[location.index];
    return `(char *)${tensors.get(name ?? '')?.variable ?? 'arena.bytes'}`;
  };
  const startOf = (start: Start): string => {
    if (start.kind === 'own') return 'steps.bytes';
    if (start.kind === 'numbers') return `(char *)${numbers.get(start.data)?.name ?? ''}`;
    const bytes = start.element * bytesOf(plan.specs.get(start.value)?.dtype ?? 'float32');
    return bytes === 0 ? addressOf(start.value) : `${addressOf(start.value)} + ${bytes}`;
  };
  const lines = calls.map(({ name, units, starts }) => {
    const buffers = starts.map(startOf).join(', ');
    return `    { char *const b_[] = {${buffers || '0'}}; ${name}(b_, 0, ${units}, scratch.bytes); }`;
  });
  const copies = plan.copies.map(({ from, output }) => {
    const { shape, dtype } = plan.specs.get(from) ?? { shape: [], dtype: 'float32' };
    const to = tensors.get(outputs[output] ?? '')?.variable ?? 'arena.bytes';
    return `    memcpy(${to}, ${addressOf(from)}, ${sizeOf(shape) * bytesOf(dtype)});`;
  });
  return [
    'void model_run(int32_t times) {',
    '  for (; times > 0; times--) {',
    ...lines,
    ...copies,
    '  }',
    '}',
  ].join('\n');
}

function headerOf(tensors: ReadonlyMap<string, Tensor>): string {
  const lines = [...tensors.values()].flatMap(({ name, variable, spec, isFixed, data }) => {
    const kind = data === undefined ? '' : isFixed ? ', fixed' : ', changed by each step';
    return [
      `/* ${name}: ${spec.dtype}${formatShape(spec.shape)}, the last axis fastest${kind} */`,
      `extern ${isFixed ? 'const ' : ''}${elementType(spec.dtype)} ${variable}[${Math.max(1, sizeOf(spec.shape))}];`,
    ];
  });
  return [
    '#ifndef PULLBACK_MODEL_H',
    '#define PULLBACK_MODEL_H',
    '#include <stdint.h>',
    '#ifdef __cplusplus',
    'extern "C" {',
    '#endif',
    ...lines,
    '/* Does that many steps, each on what the one before left in the arrays. */',
    'void model_run(int32_t times);',
    '#ifdef __cplusplus',
    '}',
    '#endif',
    '#endif',
    '',
  ].join('\n');
}
