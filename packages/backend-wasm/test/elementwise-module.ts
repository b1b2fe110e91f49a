import { setFlagsFromString } from 'node:v8';
import {
  allocateArray,
  bytesOf,
  type DType,
  formulaOf,
  placeholder,
  type TypedArray,
  trace,
  type Value,
} from '@pullback/core';
import { types } from '../src/encoding.ts';
import { f32x4, get, i32, repeat } from '../src/instructions.ts';
import { type Four, Lane } from '../src/lane.ts';
import { ModuleBuilder } from '../src/module.ts';
import { callsOf, hostName } from '../src/scalar/calls.ts';
import { hostFunctionsOf } from '../src/scalar/host-functions.ts';
import { writeFormula } from '../src/scalar/lanes.ts';
import { loadFour, numberFour, storeFour } from '../src/scalar/memory.ts';

/** Whether relaxed SIMD can be had here; on Node 20 behind a flag. */
export function hasRelaxed(): boolean {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const module = new ModuleBuilder();
  const x = f32x4.const(1);
  module.define({ results: [types.v128] }, () => f32x4.relaxedMadd(x, x, x));
  return WebAssembly.validate(module.bytes());
}

export interface Elementwise {
  readonly dtype: DType;
  /** Program.body evaluated by core for the same inputs. */
  readonly inputs: readonly TypedArray[];
  readonly output: TypedArray;
  /** Computes `count` elements, in fours. */
  run(count: number): void;
}

/** One loop over four elements at a time for a graph of elementwise primitives; its inputs and output are arrays of its memory. */
export function elementwiseModule(
  f: (...x: Value[]) => Value,
  dtypes: readonly DType[],
  size: number,
  relaxed = false,
): Elementwise {
  const placeholders = dtypes.map((dtype, i) => placeholder({ shape: [], dtype }, `x${i}`));
  const result = f(...placeholders);
  const program = trace(placeholders, [result]);
  const room = (size + 4) * 8;
  const address = (array: number) => 64 + array * room;
  const initial = Math.ceil(address(dtypes.length + 1) / 65536);
  const module = new ModuleBuilder({ initial });
  const imports = hostFunctionsOf(program);
  const calls = callsOf(module, imports);

  module.define({ parameters: [types.i32], name: 'run' }, (locals) => {
    const lane = new Lane(locals, { relaxed, calls });
    const i = locals.make(types.i32);
    const at = (array: number, dtype: DType) =>
      i32.add(i32.const(address(array)), i32.mul(get(i), i32.const(bytesOf(dtype))));
    const fours: Four[] = dtypes.map((dtype, array) =>
      lane.keepAll(loadFour(dtype, at(array, dtype), 0, lane)),
    );
    const fourOf = (value: number): Four => fours[value] ?? numberFour('float32', Number.NaN);
    const specs: DType[] = [...dtypes];
    for (const { primitive, attributes, inputs, outputs } of program.body) {
      const output = outputs[0]?.dtype ?? 'float32';
      const operandTypes = inputs.map((operand) => specs[operand] ?? 'float32');
      const number = attributes['value'];
      const formula = formulaOf(primitive, attributes, operandTypes);
      if (typeof number === 'number') fours.push(numberFour(output, number));
      else if (formula === undefined) throw new Error(`no formula for ${primitive.name} of ${operandTypes}`);
      else fours.push(lane.keepAll(writeFormula(lane, formula, inputs.map(fourOf), operandTypes)));
      specs.push(output);
    }
    const [last = 0] = program.outputs;
    lane.statements.push(storeFour(result.dtype, at(dtypes.length, result.dtype), fourOf(last), 0, 4));
    return [lane.prologue, repeat(i, i32.const(0), get(0), 4, lane.statements)];
  });

  const memory = new WebAssembly.Memory({ initial });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), {
    e: { memory, ...Object.fromEntries(imports.map((f, i) => [hostName(i), f])) },
  });
  const run = exports['run'];
  if (typeof run !== 'function') throw new Error('the module has no function run');
  const arrayAt = (array: number, dtype: DType): TypedArray => {
    const like = allocateArray(dtype, 0);
    if (like instanceof Float32Array) return new Float32Array(memory.buffer, address(array), size);
    if (like instanceof Float64Array) return new Float64Array(memory.buffer, address(array), size);
    if (like instanceof Int32Array) return new Int32Array(memory.buffer, address(array), size);
    return new Uint8Array(memory.buffer, address(array), size);
  };
  return {
    dtype: result.dtype,
    inputs: dtypes.map((dtype, array) => arrayAt(array, dtype)),
    output: arrayAt(dtypes.length, result.dtype),
    run: (count) => run(count),
  };
}

/** What core computes, in float64, rounded once to the output's dtype, from the same inputs. */
export function reference(
  f: (...x: Value[]) => Value,
  dtypes: readonly DType[],
  inputs: readonly TypedArray[],
): TypedArray {
  const size = inputs[0]?.length ?? 0;
  const shape = [size];
  const value = f(...dtypes.map((dtype, i) => placeholder({ shape, dtype }, `x${i}`)));
  const { node, vertex } = value;
  if (node.kind === 'composite') throw new Error(`${node.name} is no primitive`);
  const tensors = inputs.map((data, i) => ({ shape, dtype: dtypes[i] ?? 'float32', data }));
  const output = { shape, dtype: value.dtype, data: allocateArray(value.dtype, size) };
  node.evaluate(tensors, [output], vertex.attributes);
  return output.data;
}
