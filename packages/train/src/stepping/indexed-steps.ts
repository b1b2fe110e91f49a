import type { PartedSteps } from '../distributed/parted-steps.ts';
import type { Watched } from '../programs/metric-sums.ts';
import type { Choice } from '../programs/sample-selection.ts';
import { planOf } from '../programs/step-program.ts';
import type { BoundProgram } from '../running/bound-program.ts';
import type { Engine } from '../running/engine.ts';
import type { ResidentSet } from '../samples/resident-samples.ts';
import { pickSamples, type Samples, specsOf } from '../samples/samples.ts';

/** The samples of a step: `size` of them from place `from` of `order` on, or in their own order. */
export interface Range {
  readonly from: number;
  readonly size: number;
  readonly order?: Int32Array | undefined;
}

export interface IndexedOptions {
  readonly kind: 'training' | 'evaluation';
  readonly watched: readonly Watched[];
  /** How many bytes of samples may lie on a backend. */
  readonly residentBytes: number;
  /** One step on samples from the host, where they do not fit. */
  step(batch: Samples): Promise<void>;
}

/**
 * Steps on samples that are named by their places. Where all samples fit they lie on the backend, a step chooses its own there, and many
 * are run in one call; else each is given its samples. It follows a model that is moved to another backend.
 */
export class IndexedSteps {
  readonly #engine: () => Engine;
  readonly #samples: Samples;
  readonly #options: IndexedOptions;
  readonly #ready = new Map<number, BoundProgram>();
  #here: { readonly engine: Engine; readonly set: ResidentSet | undefined } | undefined;

  constructor(engine: () => Engine, samples: Samples, options: IndexedOptions) {
    this.#engine = engine;
    this.#samples = samples;
    this.#options = options;
  }

  /** Runs at least one step, at most `left`, in about the time of a call, each on the samples after those before. @returns how many. */
  async run({ from, size, order }: Range, left: number): Promise<number> {
    const samples = this.#samples;
    const { engine, set } = this.#place();
    if (set === undefined) {
      const rows =
        order?.subarray(from, from + size) ?? Int32Array.from({ length: size }, (_, i) => from + i);
      await this.#options.step(pickSamples(samples, rows, engine.definition.layout));
      return 1;
    }
    if (engine.parted !== undefined) {
      await this.#parted(engine, engine.parted, set, { from, size, order });
      return 1;
    }
    const choice = this.#choice(size, order);
    const known = this.#ready.get(size);
    const ready = known?.released === false ? known : await this.#prepare(engine, set, choice);
    // While that waited, the model may have been moved or disposed of.
    if (this.#engine() !== engine) return this.run({ from, size, order }, left);
    const steps = ready.kept.length > 0 ? 1 : ready.pace.next(left);
    const started = performance.now();
    set.run(ready, choice, steps, from, order);
    if (left > 1) {
      await set.settled();
      ready.pace.took(steps, performance.now() - started);
    }
    return steps;
  }

  /** Gives back what lies on the backend. */
  close(): void {
    const { engine, set } = this.#here ?? {};
    if (set !== undefined) engine?.residents.give(set);
    this.#here = undefined;
    this.#ready.clear();
  }

  #place() {
    const engine = this.#engine();
    if (this.#here?.engine !== engine) {
      this.#ready.clear();
      this.#here = { engine, set: engine.residents.take(this.#samples, this.#options.residentBytes) };
    }
    return this.#here;
  }

  /** One step whose parts choose their samples from those on the backend. */
  async #parted(engine: Engine, parted: PartedSteps, set: ResidentSet, { from, size, order }: Range) {
    const { kind, watched } = this.#options;
    const { definition } = engine;
    const choiceOf = (few: number): Choice => ({ size: few, by: order === undefined ? 'cursor' : 'order' });
    await parted.run({
      kind,
      watched,
      count: size,
      plan: () => {
        const choice = choiceOf(Math.min(2, size));
        return planOf(`${kind}Part`, definition, { ...specsOf(this.#samples), choice }, watched);
      },
      run: async (part) => {
        const choice = choiceOf(part.size);
        const ready = await set.prepare(
          `${kind}Part`,
          definition,
          this.#samples,
          watched,
          choice,
          parted.buffers,
        );
        set.run(ready, choice, 1, from + part.from, order);
        return ready;
      },
    });
  }

  #choice(size: number, order: Int32Array | undefined): Choice | undefined {
    if (order !== undefined) return { size, by: 'order' };
    return size === this.#samples.count ? undefined : { size, by: 'cursor' };
  }

  async #prepare(engine: Engine, set: ResidentSet, choice: Choice | undefined): Promise<BoundProgram> {
    const { kind, watched } = this.#options;
    const ready = await set.prepare(kind, engine.definition, this.#samples, watched, choice);
    this.#ready.set(choice?.size ?? this.#samples.count, ready);
    return ready;
  }
}
