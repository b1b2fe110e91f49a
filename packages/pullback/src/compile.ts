import {
  type Backend,
  type Compiled,
  type CompileOptions,
  checkOptions,
  compileFields,
  compileOn,
  operationsOf,
  type Value,
} from '@pullback/core';
import { type BackendName, backendField, backendOf } from './backends.ts';

/** A function of Values as a function of tensors, on a backend that may be named. See `compile` of the core. */
export async function compile(
  f: (...x: Value[]) => Value | readonly Value[],
  options: Omit<CompileOptions, 'backend'> & { readonly backend?: Backend | BackendName },
): Promise<Compiled> {
  checkOptions('compile', options, { ...compileFields, backend: backendField });
  const { backend = 'auto', ...rest } = options;
  return compileOn(f, rest, (program) =>
    backendOf(backend, { dtype: rest.dtype, operations: () => operationsOf(program) }),
  );
}
