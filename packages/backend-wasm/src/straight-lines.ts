import type { Aliases } from '@pullback/compiler';
import { InternalError, type Program } from '@pullback/core';
import type { BuildOptions, Built, Compiled, CompileOptions } from './built.ts';
import { types } from './encoding.ts';
import { branchIf, call, choose, get, i32, loop, set, tee } from './instructions.ts';
import { Addresses } from './kernels/places.ts';
import { apart, linkedOf, linkedOnce, memoryOf, onThisEngine, ownOf } from './linked.ts';
import { ModuleBuilder } from './module.ts';
import { callsOf } from './scalar/calls.ts';
import { hostFunctionsOf } from './scalar/host-functions.ts';
import { steps, straightLine } from './straight-line.ts';

export { onThisEngine };

/** Engines change to optimized code when a function is called again: no call does more steps than this. */
const mostSteps = 1000;

/**
 * A small Program as straight-line code; undefined of others. Whether it is small is decided when it is compiled, for the memory that is going to be shared: bound in another way, it has as
 * much code as it takes.
 */
export function compileStraight(
  program: Program,
  given: CompileOptions,
  shared: Aliases = apart(program),
): Compiled | undefined {
  const options = onThisEngine(given);
  const expected = buildStraight(program, shared, options);
  if (expected === undefined) return undefined;
  const first = JSON.stringify(shared);
  return linkedOnce(program, (aliases) => {
    const isFirst = JSON.stringify(aliases) === first;
    const built = isFirst ? expected : buildStraight(program, aliases, options, Number.POSITIVE_INFINITY);
    if (built === undefined)
      throw new InternalError({ got: 'no straight line', expected: 'that of a Program that has one' });
    return linkedOf(built);
  });
}

/** @param limit about how many bytes it may take: a usual one when left out. */
export function buildStraight(
  program: Program,
  aliases: Aliases,
  options: BuildOptions,
  limit?: number,
): Built | undefined {
  if (options.straight === false) return undefined;
  const { relaxed } = options;
  const module = new ModuleBuilder(memoryOf(options));
  const imports = hostFunctionsOf(program);
  const calls = callsOf(module, imports);
  const globals = new Addresses(module, options.own?.addresses);
  const nextOf = new Map(aliases.flatMap((inputs, place) => inputs.map((input) => [input, place] as const)));
  let done = false;
  const some = module.define({ parameters: [types.i32] }, (locals) => {
    const line = straightLine(
      program,
      {
        relaxed,
        calls,
        ...(limit !== undefined && { limit }),
        inputAddress: (input) => globals.named(`input${input}`),
        outputAddress: (place) => globals.named(`output${place}`),
        nextOf: (input) => nextOf.get(input),
      },
      locals,
    );
    done = line !== undefined;
    return line === undefined ? [] : steps(line, 0);
  });
  if (!done) return undefined;
  module.define({ parameters: [types.i32], name: 'run' }, (locals) => {
    const now = locals.make(types.i32);
    return loop(
      set(now, choose(get(0), i32.const(mostSteps), i32.ltU(get(0), i32.const(mostSteps)))),
      call(some, get(now)),
      branchIf(0, tee(0, i32.sub(get(0), get(now)))),
    );
  });
  return {
    bytes: module.bytes(ownOf(options, 0)),
    globals: globals.names,
    arena: 0,
    scratch: 0,
    table: { at: 0, starts: [] },
    literals: [],
    host: [],
    imports,
    threads: 1,
  };
}
