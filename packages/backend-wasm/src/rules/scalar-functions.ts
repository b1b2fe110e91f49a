import { types } from '../encoding.ts';
import type { ModuleBuilder } from '../module.ts';
import { erf } from './scalar/error-function.ts';
import { exp, expm1, tanh } from './scalar/exponential.ts';
import { log, log1p } from './scalar/logarithm.ts';
import { mod } from './scalar/modulo.ts';
import { type ScalarCode, ScalarWriter } from './scalar/scalar-code.ts';

const written = { exp, expm1, tanh, log, log1p, erf, mod } satisfies Readonly<Record<string, ScalarCode>>;

/** Core's own functions, which modules that need them import: `elementary` of core has them under these names. */
export const importedFunctions = ['sin', 'cos'] as const;

type Written = keyof typeof written;
type Imported = (typeof importedFunctions)[number];

/** Functions of float64, the same bits as core's; `mod` has two parameters. */
export type ScalarFunction = Written | Imported;

/** The functions of one module, each defined when it is first asked for. */
export class ScalarFunctions {
  readonly #indices = new Map<ScalarFunction, number>();

  /** Imports the functions of the host: before anything is defined. */
  constructor(readonly module: ModuleBuilder) {
    for (const name of importedFunctions)
      this.#indices.set(name, module.importFunction(name, { parameters: [types.f64], results: [types.f64] }));
  }

  /** The index to call it by, for `LaneOptions`. */
  readonly indexOf = (name: ScalarFunction): number => {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    if (name === 'sin' || name === 'cos') throw new Error(`${name} was not imported`);
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
