import { checkCall, checkOptions, type Field, type FieldsOf, field } from '@pullback/core';
import type { ByteTarget } from '@pullback/safetensors';
import { type Callback, type MonitorOptions, monitorFields, Watch } from './callbacks.ts';
import type { EpochRecord } from './progress.ts';

/** A place for the model after an epoch of a fit, from 1; `record` has its figures. */
export type CheckpointPlace = string | URL | ((epoch: number, record: EpochRecord) => ByteTarget);

export interface CheckpointOptions extends Omit<MonitorOptions, 'patience'> {
  /** Saves only after an epoch whose `monitor` is the best so far. */
  readonly best?: boolean;
  /** Looks at every so many epochs: 1 when left out. */
  readonly every?: number;
}

const { patience: _, ...watched } = monitorFields;
const checkpointFields = {
  ...watched,
  place: field.needed(
    field.one<CheckpointPlace>(
      'a path, a file: URL, or a function of epoch and figures that gives a path or a stream',
      (x) => (typeof x === 'string' && x !== '') || typeof x === 'function' || x instanceof URL,
    ),
  ),
  best: field.flag(),
  every: field.whole({ from: 1 }),
} satisfies FieldsOf<CheckpointOptions & { readonly place: CheckpointPlace }>;

/**
 * Saves the model after each epoch, or after each that is the best so far: weights, slots, state, step and random numbers, so that `Model.load` goes on from there.
 * A path is written whole or not at all.
 * @throws UnknownNameError for a `monitor` that the fit does not have, when it begins.
 */
export function modelCheckpoint(place: CheckpointPlace, options: CheckpointOptions = {}): Callback {
  const { best = false, every = 1 } = checkCall('modelCheckpoint', { place }, options, checkpointFields);
  let watch: Watch | undefined;
  return {
    epochStart: (control) => {
      if (best && control.epoch === 1) watch = new Watch(options, control);
    },
    epochEnd: async (record, { epoch, model }) => {
      if (epoch % every !== 0 || watch?.better(record) === false) return;
      await model.save(typeof place === 'function' ? place(epoch, record) : place);
    },
  };
}

const lines: Field<{ write(text: string): unknown }, true> = field.needed(
  field.having('a stream of text, with write', 'write'),
);

/**
 * Writes one line of comma-separated values after each epoch: the epoch of the fit from 1, the learning rate and the figures; their names come first, once for each fit.
 * @param stream such as `createWriteStream('log.csv', { flags: 'a' })` or `{ write: (text) => appendFile('log.csv', text) }`.
 */
export function csvLogger(stream: { write(text: string): unknown }): Callback {
  checkOptions('csvLogger', { stream }, { stream: lines });
  return {
    epochEnd: async (record, { epoch, learningRate }) => {
      const columns = { epoch, learningRate, ...record };
      const names = Object.keys(columns).map((name) =>
        /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name,
      );
      const row = `${Object.values(columns).join(',')}\n`;
      await stream.write(epoch === 1 ? `${names.join(',')}\n${row}` : row);
    },
  };
}

/**
 * Ends the fit after an epoch whose loss is NaN or infinite. `control.stop` takes effect after the epoch, so it looks once in each; `checkFinite` of a model tells the very node.
 */
export function terminateOnNaN(): Callback {
  return {
    epochEnd: ({ loss = Number.NaN }, control) => {
      if (!Number.isFinite(loss)) control.stop();
    },
  };
}

/** Sets the learning rate before each epoch of the fit, from 1; schedules of an optimizer do so before each step. */
export function learningRateScheduler(rate: (epoch: number, before: number) => number): Callback {
  checkOptions(
    'learningRateScheduler',
    { rate },
    { rate: field.needed(field.callable('a function of the epoch and the rate before it')) },
  );
  return {
    epochStart: (control) => {
      control.learningRate = rate(control.epoch, control.learningRate);
    },
  };
}
