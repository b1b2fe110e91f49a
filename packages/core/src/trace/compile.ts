import type { Backend } from '../contracts/backend.ts';
import { OptionError } from '../errors.ts';
import type { Program, Value } from '../graph/value.ts';
import { placeholder } from '../ops/leaves.ts';
import { checkOptions } from '../options/check-options.ts';
import { either, type FieldsOf, isPlain, list, needed, one, oneOf, shape } from '../options/field.ts';
import { parts } from '../options/parts.ts';
import type { DType, FloatDType, Tensor, TensorSpec } from '../tensors/dtype.ts';
import type { Shape } from '../tensors/shape.ts';
import { fit, type TensorLike } from '../tensors/tensor.ts';
import { trace } from './trace.ts';

export interface CompileOptions {
  /** The shape of every argument, with a dtype where it is not the one below. */
  readonly inputs: readonly (Shape | { readonly shape: Shape; readonly dtype: DType })[];
  /** float32 when left out. */
  readonly dtype?: FloatDType;
  readonly backend: Backend;
}

const givenSpec = either(
  shape(),
  one<{ readonly shape: Shape; readonly dtype: DType }>(
    '{ shape, dtype }',
    (x) => isPlain(x) && shape().refuse(x['shape']) === undefined,
  ),
);

export const compileFields = {
  inputs: needed(list(givenSpec)),
  dtype: oneOf<FloatDType>('float32', 'float64'),
  backend: needed(parts.backend),
} satisfies FieldsOf<CompileOptions>;

/** Runs what was compiled: tensors in, tensors out. */
export type Compiled = (...inputs: TensorLike[]) => Promise<Tensor[]>;

/**
 * A function of Values as a function of tensors: traced once, compiled once, its buffers made once.
 * @throws ShapeError at a call whose tensors do not fit; UnsupportedError for what the backend lacks.
 */
export async function compile(
  f: (...x: Value[]) => Value | readonly Value[],
  options: CompileOptions,
): Promise<Compiled> {
  const { backend, ...rest } = checkOptions('compile', options, compileFields);
  return compileOn(f, rest, async () => backend);
}

/** The same on a backend that is chosen by the Program. */
export async function compileOn(
  f: (...x: Value[]) => Value | readonly Value[],
  { inputs, dtype = 'float32' }: Omit<CompileOptions, 'backend'>,
  choose: (program: Program) => Promise<Backend>,
): Promise<Compiled> {
  const specs: TensorSpec[] = inputs.map((input) => ('dtype' in input ? input : { shape: input, dtype }));
  const arguments_ = specs.map((spec, i) => placeholder(spec, `argument${i}`));
  const outputs = [f(...arguments_)].flat();
  const program = trace(arguments_, outputs);
  const backend = await choose(program);
  const executable = await backend.compile(program);
  const given = specs.map((spec) => backend.allocate(spec));
  const made = outputs.map(({ spec }) => backend.allocate(spec));
  const binding = executable.bind(given, made);
  return async (...tensors) => {
    if (tensors.length !== specs.length)
      throw new OptionError({
        got: `${tensors.length} tensors`,
        expected: `${specs.length}, one for each argument`,
      });
    given.forEach((buffer, i) => {
      backend.write(buffer, fit(tensors[i] ?? 0, buffer.spec, `argument ${i}`).data);
    });
    binding.run();
    return Promise.all(made.map(async (buffer) => ({ ...buffer.spec, data: await backend.read(buffer) })));
  };
}
