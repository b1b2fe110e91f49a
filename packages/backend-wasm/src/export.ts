import type { Aliases, Plan } from '@pullback/compiler';
import {
  bytesOf,
  describeOrigins,
  type Exported,
  type ExportedNames,
  type Program,
  sizeOf,
  type TensorSpec,
  UnsupportedError,
} from '@pullback/core';
import type { BuildOptions, Built, CompileOptions } from './built.ts';
import { loader } from './loader-source.ts';

/** A tensor in the memory of an exported module, as its section `pullback` tells it. */
interface Described extends TensorSpec {
  readonly name: string;
  readonly address: number;
}

/** Given, so that this module, which is loaded when it is wanted, shares no file with others. */
export interface Writers {
  plan(program: Program, aliases: Aliases): Plan;
  straight(program: Program, aliases: Aliases, options: BuildOptions): Built | undefined;
  kernels(plan: Plan, options: BuildOptions): Built;
  onThisEngine(options: CompileOptions): BuildOptions;
}

/** A Program as one module with a memory of its own: what is given lies in it, outputs lie where the inputs of the same name do. */
export function exportProgram(
  program: Program,
  names: ExportedNames,
  options: CompileOptions,
  { plan: planOf, straight, kernels, onThisEngine }: Writers,
): Exported {
  const places = new Map<string, number[]>();
  names.inputs.forEach(({ name }, i) => {
    places.set(name, [...(places.get(name) ?? []), i]);
  });
  const aliases = names.outputs.map((output) => places.get(output) ?? []);
  const plan = planOf(program, aliases);
  const addresses = new Map<string, number>();
  const described = new Map<string, Described>();
  let end = 64;
  const place = (key: string, name: string, spec: TensorSpec): void => {
    const known = described.get(name);
    addresses.set(key, known?.address ?? end);
    if (known !== undefined) return;
    described.set(name, { ...spec, name, address: end });
    end += Math.ceil((sizeOf(spec.shape) * bytesOf(spec.dtype) + 64) / 64) * 64;
  };
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  names.inputs.forEach(({ name }, i) => {
    place(`input${i}`, name, program.inputs[i] ?? { shape: [], dtype: 'float32' });
  });
  names.outputs.forEach((name, i) => {
    place(`output${i}`, name, specs[program.outputs[i] ?? -1] ?? { shape: [], dtype: 'float32' });
  });
  addresses.set('arena', end);
  const given = names.inputs.flatMap(({ name, data }) =>
    data === undefined ? [] : [{ address: described.get(name)?.address ?? 0, data }],
  );
  const literals = plan.literals.flatMap(({ value, data }) => {
    const location = plan.locate(value);
    return location.kind === 'arena' ? [{ address: end + location.offset, data }] : [];
  });
  const carried = new Set(names.inputs.flatMap(({ name, data }) => (data === undefined ? [] : [name])));
  const free = names.inputs.filter(({ name }) => !carried.has(name)).map(({ name }) => described.get(name));
  const made = names.outputs.map((name) => described.get(name));
  const building: BuildOptions = {
    ...onThisEngine(options),
    own: {
      addresses,
      data: [...given, ...literals].map(({ address, data }) => ({
        address,
        bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      custom: {
        name: 'pullback',
        text: JSON.stringify({
          inputs: free,
          outputs: made,
          state: [...carried].map((name) => described.get(name)),
        }),
      },
    },
  };
  const { bytes, host, imports } = straight(program, aliases, building) ?? kernels(plan, building);
  const evaluated = host.map(({ instruction }) => `'${instruction.primitive.name}'`);
  const needed = [...evaluated, ...imports.map((name) => `${name.name} of the host`)];
  if (needed.length > 0)
    throw new UnsupportedError({
      got: `${[...new Set(needed)].join(', ')}, for which the wasm backend asks the host`,
      expected: 'a Program that an exported module computes alone',
      hint:
        evaluated.length > 0
          ? "A plugin's primitive is computed by its `evaluate`. Written with functions of the core, it can be exported."
          : 'float32 has sin and cos of its own.',
      at: describeOrigins(host.flatMap(({ origins }) => origins)),
    });
  return { code: bytes, loader };
}
