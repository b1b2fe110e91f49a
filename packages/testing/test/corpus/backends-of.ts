import { cpu } from '@pullback/backend-cpu';
import type {
  Backend,
  Executable,
  Instruction,
  Primitive,
  Program,
  Tensor,
  TypedArray,
} from '@pullback/core';

/** The reference backend with something else in place of some of its members. */
export function changed(change: (inner: Backend) => Partial<Backend>): Backend {
  const inner = cpu();
  const whole: Backend = {
    name: 'corpus',
    dtypes: inner.dtypes,
    allocate: (spec) => inner.allocate(spec),
    write: (buffer, data) => inner.write(buffer, data),
    read: (buffer) => inner.read(buffer),
    free: (buffer) => inner.free(buffer),
    compile: (program) => inner.compile(program),
    statistics: () => inner.statistics(),
    dispose: () => inner.dispose(),
  };
  return { ...whole, ...change(whole) };
}

/** One that compiles another Program. */
export const compiling = (
  change: (instruction: Instruction, program: Program) => Partial<Instruction>,
): Backend =>
  changed(({ compile }) => ({
    compile: (program) =>
      compile({
        ...program,
        body: program.body.map((instruction) => ({ ...instruction, ...change(instruction, program) })),
      }),
  }));

type Inputs = readonly Tensor[];

/** One in which a primitive is followed by a change of what it wrote. */
export const spoiled = (
  which: (instruction: Instruction) => boolean,
  spoil: (output: Tensor, inputs: Inputs, attributes: Instruction['attributes']) => void,
): Backend =>
  compiling((instruction) =>
    which(instruction)
      ? {
          primitive: {
            ...instruction.primitive,
            evaluate: (inputs, outputs, attributes) => {
              instruction.primitive.evaluate(inputs, outputs, attributes);
              spoil(outputs[0], inputs, attributes);
            },
          },
        }
      : {},
  );

export const named =
  (...names: string[]) =>
  ({ primitive }: { readonly primitive: Primitive }): boolean =>
    names.includes(primitive.name);

/** The elements of `data` changed one by one, by what the first operand and the second hold there. */
export const each =
  (f: (y: number, a: number, b: number) => number) =>
  (output: Tensor, [a, b]: Inputs): void => {
    for (let i = 0; i < output.data.length; i++)
      output.data[i] = f(output.data[i] ?? 0, a?.data[i] ?? 0, b?.data[i] ?? 0);
  };

/** One whose executables are made of others. */
export const executing = (change: (inner: Executable, program: Program) => Executable): Backend =>
  changed(({ compile }) => ({ compile: async (program) => change(await compile(program), program) }));

export const fresh = (data: TypedArray): TypedArray => data.slice();
