import {
  type Backend,
  type Compiled,
  type CompileOptions,
  checkOptions,
  compileFields,
  compile as compileFor,
  type Value,
} from '@pullback/core';
import { type BackendName, backendField, backendOf } from './backends.ts';

/** A function of Values as a function of tensors, on a backend that may be named. See `compile` of the core. */
export async function compile(
  f: (...x: Value[]) => Value | readonly Value[],
  options: Omit<CompileOptions, 'backend'> & { readonly backend?: Backend | BackendName },
): Promise<Compiled> {
  checkOptions('compile', options, { ...compileFields, backend: backendField });
  const { backend = 'auto', dtype } = options;
  return compileFor(f, { ...options, backend: await backendOf(backend, { dtype }) });
}
