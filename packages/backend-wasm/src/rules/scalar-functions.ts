import { coreNameOf, type Primitive } from '@pullback/core';
import { types } from '../encoding.ts';
import type { ModuleBuilder } from '../module.ts';
import { erf } from './scalar/error-function.ts';
import { exp, expm1, tanh } from './scalar/exponential.ts';
import { log, log1p } from './scalar/logarithm.ts';
import { mod } from './scalar/modulo.ts';
import { pow } from './scalar/power.ts';
import { type ScalarCode, ScalarWriter } from './scalar/scalar-code.ts';

const written = { exp, expm1, tanh, log, log1p, erf, mod, pow } satisfies Readonly<
  Record<string, ScalarCode>
>;

type Written = keyof typeof written;

/** Core's own functions: modules whose programs need them import them, under these names, from `elementary` of core. */
export type ImportedFunction = 'sin' | 'cos';

/** Functions of float64, the same bits as core's; `mod` and `pow` have two parameters. */
export type ScalarFunction = Written | ImportedFunction;

/** The functions that a module must import if its program has these primitives. */
export function importsOf(primitives: readonly Primitive[]): readonly ImportedFunction[] {
  const names = new Set(primitives.map(coreNameOf));
  return (['sin', 'cos'] as const).filter((name) => names.has(name));
}

/** The functions of one module, each defined when it is first asked for. */
export class ScalarFunctions {
  readonly #indices = new Map<ScalarFunction, number>();

  /** Imports what `importsOf` named; before any function of the module is defined. */
  constructor(
    readonly module: ModuleBuilder,
    imports: readonly ImportedFunction[],
  ) {
    for (const name of imports)
      this.#indices.set(name, module.importFunction(name, { parameters: [types.f64], results: [types.f64] }));
  }

  /** The index to call it by, for `LaneOptions`. */
  readonly indexOf = (name: ScalarFunction): number => {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    if (name === 'sin' || name === 'cos')
      throw new Error(`${name} of float64 is needed, and was not among the imports of the module`);
    const { parameters, write } = written[name];
    const signature = {
      parameters: Array.from({ length: parameters }, () => types.f64),
      results: [types.f64],
    };
    const index = this.module.define(signature, (locals) => {
      const scalar = new ScalarWriter(locals, this.indexOf);
      const result = write(scalar);
      return [scalar.statements, result];
    });
    this.#indices.set(name, index);
    return index;
  };
}
