import {
  type Buffer,
  checkOptions,
  DataError,
  DisposedError,
  type FieldsOf,
  field,
  formatShape,
  OptionError,
  type Tensor,
  type TensorLike,
  tensor,
} from '@pullback/core';
import { planNames } from '../programs/names.ts';
import { planDecoding } from '../programs/step-program.ts';
import { BoundProgram } from '../running/bound-program.ts';
import type { Engine } from '../running/engine.ts';

export interface DecoderOptions {
  /** How many places there may be in all; the length of the model's input when left out. */
  readonly capacity?: number;
  /** How many sequences are made side by side; 1 when left out. */
  readonly samples?: number;
}

export const decoderFields = {
  capacity: field.whole({ from: 1 }),
  samples: field.whole({ from: 1 }),
} satisfies FieldsOf<DecoderOptions>;

type Alone = <T>(work: (engine: Engine) => Promise<T>) => Promise<T>;

/** Sequences that go on from call to call: of the places before, layers keep what they need, on the backend. */
export class Decoder {
  readonly capacity: number;
  readonly samples: number;
  readonly #alone: Alone;
  readonly #engine: Engine;
  /** One for each number of new places. */
  readonly #programs = new Map<number, BoundProgram>();
  readonly #buffers = new Map<string, Buffer>();
  #position = 0;
  #disposed = false;

  constructor(alone: Alone, engine: Engine, options: DecoderOptions) {
    checkOptions('decoder', options, decoderFields);
    const [input, ...others] = Object.values(engine.definition.inputs);
    const [length, ...rest] = input ?? [];
    if (length === undefined || others.length + rest.length > 0)
      throw new OptionError({
        got: `a model of ${Object.values(engine.definition.inputs).map(formatShape).join(' and ')}`,
        expected: 'one input [t]: a number for each place',
      });
    this.#alone = alone;
    this.#engine = engine;
    this.capacity = options.capacity ?? length;
    this.samples = options.samples ?? 1;
  }

  /** How many places there are. */
  get position(): number {
    return this.#position;
  }

  /**
   * Predicts from `places` that come after those before, [samples, t]: the output of the last one, [samples, ...].
   * @throws DataError for other shapes, numbers that a layer refuses, or more places than there is room for; nothing has changed then.
   */
  async next(places: TensorLike): Promise<Tensor> {
    return this.#alone(async (engine) => {
      if (this.#disposed)
        throw new DisposedError({ got: 'a decoder that was disposed', expected: 'a living one' });
      if (engine !== this.#engine)
        throw new OptionError({
          got: 'a decoder of a model that has moved since',
          expected: 'one that was made on this backend: model.decoder()',
        });
      const x = tensor(places, { dtype: 'int32' });
      const [n, t = 0] = x.shape;
      if (x.shape.length !== 2 || n !== this.samples || t === 0 || this.#position + t > this.capacity)
        throw new DataError({
          got: `places of ${formatShape(x.shape)} after ${this.#position}`,
          expected: `[${this.samples}, t] with t from 1 to ${this.capacity - this.#position}`,
          ...(this.#position + t > this.capacity && {
            hint: 'reset() begins anew; a larger capacity has more room.',
          }),
        });
      engine.refuse([x]);
      const ready = await this.#program(t);
      const { backend } = engine.store;
      const [given, made] = [planNames.input(0), planNames.prediction(0)].map((name) =>
        ready.batch.get(name),
      );
      if (given === undefined || made === undefined) throw new DataError('a Program without a prediction');
      backend.write(given, x.data);
      ready.binding.run(1);
      this.#position += t;
      return { ...made.spec, data: await backend.read(made) };
    });
  }

  /** Begins anew: what was kept is of no more account. */
  reset(): void {
    this.#position = 0;
    const buffer = this.#buffers.get(planNames.position);
    if (buffer !== undefined) this.#engine.store.backend.write(buffer, Int32Array.of(0));
  }

  /** Frees everything that it keeps. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const program of this.#programs.values()) program.release();
    for (const buffer of this.#buffers.values()) this.#engine.store.backend.free(buffer);
  }

  async #program(t: number): Promise<BoundProgram> {
    const known = this.#programs.get(t);
    if (known !== undefined) return known;
    const { definition, store } = this.#engine;
    const inputs = [{ shape: [this.samples, t], dtype: 'int32' } as const];
    const plan = planDecoding(definition, { inputs, targets: [] }, this.capacity);
    const made = await BoundProgram.make(plan, store, (name) => {
      if (!planNames.isCache(name) && name !== planNames.position) return undefined;
      const spec = plan.specs.get(name);
      const buffer = this.#buffers.get(name) ?? (spec && store.backend.allocate(spec));
      if (buffer !== undefined) this.#buffers.set(name, buffer);
      return buffer;
    });
    this.#programs.set(t, made);
    return made;
  }
}
