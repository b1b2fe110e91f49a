import type { WholeKernel } from '@pullback/compiler';
import {
  bytesOf,
  type DType,
  isFloat,
  type Primitive,
  sizeOf,
  type TensorSpec,
  UnsupportedError,
} from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { f32, f64, fillMemory, get, i32, repeat, set, when } from '../instructions.ts';
import type { Locals } from '../module.ts';
import type { Defined } from './loop.ts';
import type { Places } from './places.ts';

/** Whether there is code for a primitive as a whole; the host computes the others. */
export function isWritten({ instruction: { primitive }, repeated }: WholeKernel): boolean {
  return repeated !== undefined || writerOf(primitive) !== undefined;
}

function writerOf({ form }: Primitive): ((kernel: WholeKernel, around: Around) => WrittenKernel) | undefined {
  if (form?.kind === 'scatter') return scatterAdd;
  return form?.kind === 'reduce' && form.combine === 'argmax' ? argmax : undefined;
}

export function defineWhole(kernel: WholeKernel, places: Places): Defined {
  const write = writerOf(kernel.instruction.primitive);
  if (write === undefined) throw new UnsupportedError(kernel.instruction.primitive.name);
  const { module, plan } = places;
  const spec = (value = -1): TensorSpec => plan.specs.get(value) ?? { shape: [], dtype: 'float32' };
  const address = (value = -1): Code => {
    const { code, offset } = places.of(value, get(3));
    return i32.add(code, i32.const(offset));
  };
  let scratch = 0;
  const parameters = [types.i32, types.i32, types.i32, ...places.parameters];
  const index = module.define({ parameters }, (locals) => {
    const { code, scratch: bytes } = write(kernel, { spec, address, locals });
    scratch = bytes;
    return code;
  });
  return { index, units: 1, scratch };
}

interface Around {
  readonly spec: (value?: number) => TensorSpec;
  readonly address: (value?: number) => Code;
  readonly locals: Locals;
}

interface WrittenKernel {
  readonly code: Code;
  readonly scratch: number;
}

const shift = (index: Code, dtype: DType): Code => i32.mul(index, i32.const(bytesOf(dtype)));

/** An element as float64, which holds every number of every dtype. */
function load(dtype: DType, at: Code): Code {
  if (dtype === 'float64') return f64.load(at);
  return dtype === 'float32' ? f64.promoteF32(f32.load(at)) : f64.convertI32S(loadInteger(dtype, at));
}

function loadInteger(dtype: DType, at: Code): Code {
  return bytesOf(dtype) === 1 ? i32.load8U(at) : i32.load(at);
}

/** The first of the largest along one axis; the first NaN where there is one. */
function argmax(
  { instruction, inputs, shapes: [shape = []], outputs }: WholeKernel,
  { spec, address, locals }: Around,
): WrittenKernel {
  const { dtype } = spec(inputs[0]);
  const axis = Number(instruction.attributes['axis']);
  const [outer, extent, inner] = [
    sizeOf(shape.slice(0, axis)),
    shape[axis] ?? 1,
    sizeOf(shape.slice(axis + 1)),
  ];
  const local = () => locals.make(types.i32);
  const [o, i, k, from, to, best] = [local(), local(), local(), local(), local(), local()];
  const [x, largest] = [locals.make(types.f64), locals.make(types.f64)];
  const isNumber = f64.eq(get(largest), get(largest));
  const code = [
    set(to, address(outputs[0])),
    repeat(o, i32.const(0), i32.const(outer), 1, [
      repeat(i, i32.const(0), i32.const(inner), 1, [
        set(from, i32.add(i32.mul(get(o), i32.const(extent * inner)), get(i))),
        set(from, i32.add(address(inputs[0]), shift(get(from), dtype))),
        set(best, i32.const(0)),
        set(largest, load(dtype, get(from))),
        repeat(k, i32.const(1), i32.const(extent), 1, [
          set(from, i32.add(get(from), i32.const(inner * bytesOf(dtype)))),
          set(x, load(dtype, get(from))),
          // not x <= largest: also a NaN is larger, and nothing is larger than a NaN.
          when(i32.and(isNumber, i32.eqz(f64.le(get(x), get(largest)))), [
            set(best, get(k)),
            set(largest, get(x)),
          ]),
        ]),
        i32.store(get(to), get(best)),
        set(to, i32.add(get(to), i32.const(4))),
      ]),
    ]),
  ];
  return { code, scratch: 0 };
}

/** Floats are summed in float64, in the order of the indices, and rounded once; integers in int32, of which bytes keep the last 8 bits. */
function scatterAdd(
  { instruction, inputs, shapes, outputs }: WholeKernel,
  { spec, address, locals }: Around,
): WrittenKernel {
  const updates = spec(inputs[0]);
  const { shape, dtype } = spec(outputs[0]);
  const axis = Number(instruction.attributes['axis']);
  const [outer, size, inner] = [
    sizeOf(shape.slice(0, axis)),
    shape[axis] ?? 0,
    sizeOf(shape.slice(axis + 1)),
  ];
  const count = sizeOf(shapes[1] ?? []);
  const total = sizeOf(shape);
  const sumType: DType = isFloat(dtype) ? 'float64' : 'int32';
  const apart = sumType !== dtype;
  const local = () => locals.make(types.i32);
  const [o, n, i, from, index, to, start] = [local(), local(), local(), local(), local(), local(), local()];
  const sum = (at: Code): Code =>
    sumType === 'int32'
      ? i32.store(at, i32.add(i32.load(at), loadInteger(updates.dtype, get(from))))
      : f64.store(at, f64.add(f64.load(at), load(updates.dtype, get(from))));
  const bytes = bytesOf(sumType);
  const code = [
    set(start, apart ? get(2) : address(outputs[0])),
    fillMemory(get(start), i32.const(0), i32.const(total * bytes)),
    set(from, address(inputs[0])),
    repeat(o, i32.const(0), i32.const(outer), 1, [
      repeat(n, i32.const(0), i32.const(count), 1, [
        set(index, i32.load(i32.add(address(inputs[1]), i32.shl(get(n), i32.const(2))))),
        // An index outside adds nothing; as an unsigned number a negative one is too large.
        set(to, i32.add(i32.mul(get(o), i32.const(size)), get(index))),
        set(to, i32.add(get(start), i32.mul(get(to), i32.const(inner * bytes)))),
        set(index, i32.ltU(get(index), i32.const(size))),
        repeat(i, i32.const(0), i32.const(inner), 1, [
          when(get(index), sum(get(to))),
          set(to, i32.add(get(to), i32.const(bytes))),
          set(from, i32.add(get(from), i32.const(bytesOf(updates.dtype)))),
        ]),
      ]),
    ]),
    apart
      ? [
          set(to, address(outputs[0])),
          repeat(i, i32.const(0), i32.const(total), 1, [
            dtype === 'float32'
              ? f32.store(get(to), f32.demoteF64(f64.load(get(start))))
              : i32.store8(get(to), i32.load(get(start))),
            set(start, i32.add(get(start), i32.const(bytes))),
            set(to, i32.add(get(to), i32.const(bytesOf(dtype)))),
          ]),
        ]
      : [],
  ];
  return { code, scratch: apart ? total * bytes : 0 };
}
