import type { Buffer, Tensor, TensorLike, TypedArray } from '@pullback/core';
import { likeOf } from '../definition/named-inputs.ts';
import { planNames } from '../programs/names.ts';
import type { BoundProgram } from '../running/bound-program.ts';
import type { Engine } from '../running/engine.ts';
import type { Batch } from '../samples/batch.ts';
import { namedOf, type Samples } from '../samples/samples.ts';
import { Snapshot } from '../samples/snapshot.ts';

/** One tensor-like of a batch, and where in a batch it is found. */
interface Part {
  readonly find: (batch: Batch) => TensorLike | undefined;
  readonly seen: Snapshot;
  /** The name that a Program has for it; undefined for weights, of samples or classes: others are made of them. */
  readonly name: string | undefined;
  /** Whether its elements decide whether it is allowed. */
  readonly checked: boolean;
}

interface Remembered {
  readonly engine: Engine;
  readonly batchSize: number | undefined;
  readonly parts: readonly Part[];
  /** Set when the same arrays came twice: later steps compare their elements in place of reading them anew. */
  again?: Again | undefined;
}

interface Again {
  readonly samples: Samples;
  readonly ready: BoundProgram;
  readonly parts: readonly { readonly seen: Snapshot; readonly place: Place | undefined }[];
}

/** A buffer that takes an array's elements as they are. */
interface Place {
  readonly buffer: Buffer;
  readonly data: TypedArray;
}

/**
 * The last step, so that another on the same arrays reads, checks and writes only what may have changed in them: few elements are written
 * when they are others than they were, many always.
 */
export class StepMemory {
  #last: Remembered | undefined;

  /** Runs the last step `times` more times, if that is what this batch means now. */
  repeat(engine: Engine, batch: Batch, batchSize: number | undefined, times: number): boolean {
    const last = this.#last;
    if (last?.again === undefined || last.engine !== engine || last.batchSize !== batchSize) return false;
    const { samples, ready, parts } = last.again;
    if (ready.released || !isSame(last, batch)) return false;
    const { backend } = engine.store;
    for (const { seen, place } of parts) {
      if (seen.unchanged) continue;
      if (place === undefined) return false;
      backend.write(place.buffer, place.data);
      seen.keep();
    }
    if (ready.holds === samples) ready.binding.run(times);
    else engine.runner.run(ready, samples, times);
    return true;
  }

  /** Remembers the batch that was run at once, just now. */
  remember(
    engine: Engine,
    batch: Batch,
    batchSize: number | undefined,
    { samples, ready }: { readonly samples: Samples; readonly ready: BoundProgram },
  ): void {
    const last = this.#last;
    const same = last?.engine === engine && last.batchSize === batchSize && isSame(last, batch);
    if (last !== undefined && same) last.again = againOf(last.parts, samples, ready);
    else this.#last = { engine, batchSize, parts: partsOf(engine, batch) };
  }

  forget(): void {
    this.#last = undefined;
  }
}

function isSame({ parts }: Remembered, batch: Batch): boolean {
  for (const { find, seen } of parts) if (!seen.isOf(find(batch))) return false;
  return true;
}

function partsOf(engine: Engine, batch: Batch): readonly Part[] {
  const { inputs, heads } = engine.definition;
  const part = (find: Part['find'], name?: string, checked = false): Part => ({
    find,
    seen: new Snapshot(find(batch)),
    name,
    checked,
  });
  const names = Object.keys(inputs);
  const outputs = heads.map(({ name }) => name);
  return [
    ...names.map((name, i) =>
      part(({ x }) => likeOf(x, name, names), planNames.input(i), engine.checksInput(i)),
    ),
    ...heads.map(({ name, loss }, i) =>
      part(({ y }) => likeOf(y, name, outputs), planNames.target(i), loss.check !== undefined),
    ),
    part(({ sampleWeights }) => sampleWeights),
    part(({ classWeights }) => classWeights),
  ];
}

/** How the same arrays are run again; undefined where many elements would have to be read. */
function againOf(parts: readonly Part[], samples: Samples, ready: BoundProgram): Again | undefined {
  const read = new Map<string | undefined, Tensor>(namedOf(samples));
  const again = parts.map(({ seen, name, checked }) => {
    const few = seen.keep();
    const [data, buffer] = [seen.shared, ready.batch.get(name ?? '')];
    const asItIs = data !== undefined && buffer !== undefined && read.get(name)?.data === data && !checked;
    return { seen, few, place: asItIs ? { buffer, data } : undefined };
  });
  return again.every(({ few, place }) => few || place) ? { samples, ready, parts: again } : undefined;
}
