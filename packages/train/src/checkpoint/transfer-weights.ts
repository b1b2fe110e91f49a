import {
  CheckpointError,
  checkOptions,
  type DType,
  evaluate,
  type FieldsOf,
  formatShape,
  isFloat,
  OptionError,
  type Paths,
  PullbackError,
  pathFilter,
  pathsField,
  placeholder,
  sameShape,
  type Tensor,
  type TensorSpec,
  type Value,
} from '@pullback/core';
import { type OpenOptions, openFields, type TensorFile } from '@pullback/safetensors';
import { isWeight } from './checkpoint.ts';

import { type Move, movesOf, type NameMap, nameMapField } from './name-map.ts';
import { type TensorSource, withFile } from './tensor-source.ts';
import { type WeightLine, WeightReport } from './weight-report.ts';
import type { GivenWeights } from './weights.ts';

export interface TransferOptions extends OpenOptions {
  /** Where each tensor goes to; to the path that it is called when left out. */
  readonly names?: NameMap;
  /** Paths whose weights and states stay as they are, such as those of a new head: they may be missing in the file. */
  readonly keep?: Paths;
}

export const transferFields = {
  ...openFields,
  names: nameMapField,
  keep: pathsField,
} satisfies FieldsOf<TransferOptions>;

/** A model to whose weights and states numbers can be given. */
export interface Receiving {
  specs(): Readonly<Record<'weights' | 'states', ReadonlyMap<string, TensorSpec>>>;
  load(weights: GivenWeights, options: { readonly keep: Paths }): Promise<void>;
}

/** A tensor that fits: read under its name, it goes to a path. */
interface Fitting {
  readonly path: string;
  readonly name: string;
  readonly from: Value;
  readonly to: Value;
}

/** See checkpoint/lazily.ts. @throws CheckpointError, OptionError */
export async function compareWeights(
  source: TensorSource,
  model: Pick<Receiving, 'specs'>,
  options: TransferOptions = {},
): Promise<WeightReport> {
  return withFile(source, opening(options), async (file) => planOf(file, model, options).report);
}

/** See checkpoint/lazily.ts. @throws CheckpointError before anything is read or changed. */
export async function transferWeights(
  source: TensorSource,
  model: Receiving,
  options: TransferOptions = {},
): Promise<WeightReport> {
  return withFile(source, opening(options), async (file) => {
    const { report, fitting } = planOf(file, model, options);
    if (!report.fits) throw misfit(report);
    const taken = new Map<string, Tensor>();
    const wanted = new Set(fitting.map(({ name }) => name));
    for await (const [name, tensor] of file.tensors((each) => wanted.has(each))) {
      const read = tensor();
      for (const { path, from, to } of fitting.filter((each) => each.name === name))
        taken.set(path, from === to ? read : evaluate(to, new Map([[from, read]])));
    }
    await model.load(Object.fromEntries(taken), { keep: options.keep ?? [] });
    return report;
  });
}

function opening(options: TransferOptions): OpenOptions {
  const { shards } = checkOptions('transferWeights', options, transferFields);
  return shards === undefined ? {} : { shards };
}

function planOf(
  file: TensorFile,
  model: Pick<Receiving, 'specs'>,
  { names, keep = [] }: TransferOptions,
): { readonly report: WeightReport; readonly fitting: readonly Fitting[] } {
  const { weights, states } = model.specs();
  const held = new Map([...states, ...weights]);
  const moves = names === undefined ? (name: string) => own(file, name) : movesOf(names);
  const stays = pathFilter(keep);
  const lines = new Map<string, WeightLine>();
  const others: WeightLine[] = [];
  const fitting: Fitting[] = [];
  for (const [name, { shape, format, dtype }] of file.stored) {
    const found = `${dtype ?? format}${formatShape(shape)}`;
    const targets = moves(name);
    if (targets?.length === 0) others.push({ became: 'ignored', name, found });
    if (targets === undefined) others.push({ became: 'left over', name, found });
    for (const { path, change } of targets ?? []) {
      const spec = held.get(path);
      if (spec === undefined || stays(path)) {
        const why = spec === undefined ? `the model has no '${path}'` : `'${path}' stays`;
        others.push({ became: spec === undefined ? 'left over' : 'ignored', name, found, why });
        continue;
      }
      const before = lines.get(path);
      if (before !== undefined)
        throw new OptionError({
          got: `'${before.name}' and '${name}' for '${path}'`,
          expected: 'one of them',
        });
      const line = { path, name, held: `${spec.dtype}${formatShape(spec.shape)}`, found };
      const made = changed({ shape, dtype }, spec, change);
      lines.set(
        path,
        typeof made === 'string'
          ? { ...line, became: 'shape differs', why: made }
          : { ...line, became: 'taken' },
      );
      if (typeof made !== 'string') fitting.push({ path, name, ...made });
    }
  }
  for (const [path, { shape, dtype }] of held)
    if (!lines.has(path))
      lines.set(path, {
        became: stays(path) ? 'kept' : 'missing',
        path,
        held: `${dtype}${formatShape(shape)}`,
      });
  const inOrder = [...held.keys()].flatMap((path) => lines.get(path) ?? []);
  return { report: new WeightReport([...inOrder, ...others]), fitting };
}

/** Where a tensor goes to that no rule is for: in a file of ours weights and states are wanted alone. */
function own(file: TensorFile, name: string): readonly Move[] {
  const change = (x: Value) => x;
  if (file.metadata['format'] !== 'pullback' || isWeight(name)) return [{ path: name, change }];
  return name.startsWith('state:') ? [{ path: name.slice('state:'.length), change }] : [];
}

/** A tensor as it comes and as it goes, or why it cannot go. */
function changed(
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType | undefined },
  spec: TensorSpec,
  change: (x: Value) => Value,
): { readonly from: Value; readonly to: Value } | string {
  if (dtype === undefined) return 'a dtype that cannot be read';
  if (isFloat(dtype) !== isFloat(spec.dtype)) return `${dtype} for ${spec.dtype}`;
  const from = placeholder({ shape, dtype }, 'a tensor');
  try {
    const to = change(from);
    return sameShape(to.shape, spec.shape)
      ? { from, to }
      : `${formatShape(to.shape)} for ${formatShape(spec.shape)}`;
  } catch (failure) {
    if (failure instanceof PullbackError) return failure.message.replace(/\s+/g, ' ');
    throw failure;
  }
}

function misfit(report: WeightReport): CheckpointError {
  const wrong = report.lines.filter(
    ({ became }) => became === 'shape differs' || became === 'missing' || became === 'left over',
  );
  const shown = wrong
    .slice(0, 4)
    .map(
      ({ became, path, name, why }) => `${became}: ${path ?? name}${why === undefined ? '' : ` (${why})`}`,
    );
  return new CheckpointError({
    got: `${report.counts}; ${shown.join('; ')}${wrong.length > shown.length ? ' ...' : ''}`,
    expected: 'a tensor for each weight and a weight for each tensor',
    at: 'the weights of the file',
    hint: 'compareWeights gives the whole table. `names: { pattern: null }` leaves tensors out, `keep: [pattern]` leaves weights as they are. Nothing was changed.',
  });
}
