import { adam, dense, flatten, Model, rescale, sequential, softmaxCrossEntropy } from 'pullback';
import { activationOf } from '../expression/activation.ts';
import type { Figures } from '../protocol.ts';
import { type Digits, loadDigits } from './digits.ts';
import type { Problem } from './problem.ts';
import { numbersOf } from './weights.ts';

const hidden = 64;
const pixels = 28 * 28;
const epochs = 200;
const shown = 20;

/** 784-64-10 on 10,000 digits, in batches of 50; looked at on 2,000 others. */
export async function mnist(page: string): Promise<Problem> {
  const { train, test } = await loadDigits(new URL('digits.bin', page));
  return {
    example: { shape: [1, 28, 28], data: test.images.data.slice(0, pixels) },
    create: ({ activation, backend, learningRate, seed }) =>
      Model.create({
        network: sequential(
          flatten(),
          rescale(1 / 255),
          dense(hidden, { activation: activationOf(activation), name: 'hidden' }),
          dense(10),
        ),
        input: [28, 28],
        loss: softmaxCrossEntropy(),
        optimizer: adam({ learningRate }),
        backend,
        seed,
      }),

    async train(model, between, signal) {
      let last = { samples: 0, loss: 0, accuracy: 0, seconds: 0, epoch: 0 };
      await model.fit(train.images, train.labels, {
        epochs,
        batchSize: 50,
        metrics: ['accuracy'],
        signal,
        progress: {
          batch: ({ epoch, samples, seconds }, totals) =>
            between(async (): Promise<Figures> => {
              // The totals are means over the epoch so far; what is drawn is the part since the last look.
              const { loss = Number.NaN, accuracy = Number.NaN } = await totals();
              const now = { samples, loss: loss * samples, accuracy: accuracy * samples, seconds, epoch };
              const before = last.epoch === epoch ? last : { samples: 0, loss: 0, accuracy: 0, seconds: 0 };
              last = now;
              const fresh = samples - before.samples;
              return {
                step: model.stepCount,
                loss: (now.loss - before.loss) / fresh,
                accuracy: (now.accuracy - before.accuracy) / fresh,
                samplesPerSecond: fresh / (seconds - before.seconds),
              };
            }),
          epoch: () => undefined,
        },
      });
      return `${epochs} times over all digits`;
    },

    async picture(model) {
      const { kernel } = numbersOf(await model.weights(), 'hidden');
      const { data } = await model.predict(test.images);
      const tested = test.labels.data.length;
      return { problem: 'mnist', kernels: imagesOf(kernel), tested, ...mistaken(test, data) };
    },
  };
}

/** From [784, 64] to an image for every unit, each as bright as it gets. */
function imagesOf(kernel: ArrayLike<number>): Int8Array {
  const images = new Int8Array(hidden * pixels);
  for (let unit = 0; unit < hidden; unit++) {
    let largest = 0;
    for (let i = unit; i < kernel.length; i += hidden) largest = Math.max(largest, Math.abs(kernel[i] ?? 0));
    for (let i = 0; i < pixels; i++)
      images[unit * pixels + i] = Math.round((127 * (kernel[i * hidden + unit] ?? 0)) / largest);
  }
  return images;
}

/** How many digits were taken for others, and the first of them. */
function mistaken({ images, labels }: Digits, logits: ArrayLike<number>) {
  const taken = (place: number) => largest(logits, 10 * place);
  const all = Array.from(labels.data, (label, place) => ({ place, label, taken: taken(place) }));
  const wrong = all.filter(({ label, taken }) => label !== taken);
  const mistakes = wrong.slice(0, shown).map((mistake) => ({
    ...mistake,
    image: images.data.slice(mistake.place * pixels, (mistake.place + 1) * pixels),
  }));
  return { wrong: wrong.length, mistakes };
}

function largest(logits: ArrayLike<number>, from: number): number {
  let best = 0;
  for (let k = 1; k < 10; k++) if ((logits[from + k] ?? 0) > (logits[from + best] ?? 0)) best = k;
  return best;
}
