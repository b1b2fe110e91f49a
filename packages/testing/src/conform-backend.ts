import * as core from '@pullback/core';
import { type Backend, placeholder, type TensorSpec, trace, type Value } from '@pullback/core';
import { ends } from './backend-ends.ts';
import { type Examination, expectNumbers, expectSame, fail, matrix } from './backend-expectations.ts';
import { lives } from './backend-lives.ts';
import { refusals } from './backend-refusals.ts';
import { examineProbe, examineProduct, examineTraining, results } from './backend-runs.ts';
import { statistics } from './backend-statistics.ts';
import { type Case, ConformanceError, guarded } from './case.ts';
import { ulps } from './numbers.ts';
import { numbersFor } from './probe-numbers.ts';
import type { Allowed, Tolerance } from './probe-results.ts';
import { probesOf } from './probes.ts';

export interface BackendConformance extends Tolerance {
  readonly name?: string;
}

/**
 * The examination of a backend: every primitive, dtype and awkward shape against the primitives' own meaning; buffers and their life,
 * binding, donation, the order of what is asked, repeated runs, determinism, errors, and what is still held at the end.
 */
export function conformBackend(make: () => Backend, options: BackendConformance = {}): Case[] {
  const { name = make().name, ulps: allowed = {} } = options;
  const each = (what: string, run: (backend: Backend) => Promise<void>): Case =>
    guarded(`${name}: ${what}`, () => run(make()));
  // Cheap cases come first. Cases that end a backend come last, and only where `make` gives one of its own each time.
  return [
    ...[...life, ...bindings, ...lives, ...refusals, ...statistics].map(([what, run]) => each(what, run)),
    ...numerics(allowed).map(([what, run]) => each(what, run)),
    ...probesOf(make().dtypes).map((probe) =>
      each(probe.name, (backend) => examineProbe(backend, probe, options)),
    ),
    ...ends(make).map(([what, run]) => each(what, run)),
  ];
}

const x = matrix;
const four = (...numbers: number[]) => Float32Array.from(numbers);

/** Larger sums and products, and a step of training. */
const numerics = (allowed: Allowed): Examination[] => [
  [
    'products of many sizes are within the bound of their sums',
    async (backend) => {
      for (const [m, k, n] of [
        [1, 64, 1],
        [7, 9, 5],
        [16, 16, 16],
        [17, 33, 29],
        [33, 1, 65],
        [33, 70, 17],
      ] as const)
        await examineProduct(backend, m, k, n);
    },
  ],
  [
    'the sum of 65,536 times 0.1 does not drift',
    async (backend) => {
      const spec = { shape: [2 ** 16], dtype: 'float32' } as const;
      const data = new Float32Array(2 ** 16).fill(0.1);
      const [[sum = Number.NaN] = []] = await results(backend, [{ ...spec, data }], (a) => core.sum(a));
      const right = 2 ** 16 * Math.fround(0.1);
      if (ulps(Math.fround(right), sum, 'float32') > (allowed.float32 ?? 0) + 1)
        throw new ConformanceError({ what: 'the sum', got: String(sum), expected: String(right) });
    },
  ],
  ['five steps of training, with donated weights', examineTraining],
];

const life: readonly Examination[] = [
  [
    'a buffer starts with zeros, and holds a copy of what is written',
    async (backend) => {
      const buffer = backend.allocate(x);
      await expectNumbers(backend, buffer, [0, 0, 0, 0], 'a new buffer');
      const data = four(1, 2, 3, 4);
      backend.write(buffer, data);
      data.fill(9);
      const read = await backend.read(buffer);
      read.fill(7);
      await expectNumbers(backend, buffer, [1, 2, 3, 4], 'a buffer whose source and copy were changed');
    },
  ],
  [
    'a buffer in the place of a freed one starts with zeros',
    async (backend) => {
      for (let i = 0; i < 3; i++) {
        const buffer = backend.allocate(x);
        await expectNumbers(backend, buffer, [0, 0, 0, 0], 'a new buffer');
        backend.write(buffer, four(5, 6, 7, 8));
        backend.free(buffer);
      }
    },
  ],
  [
    'buffers of every dtype and of no elements keep their numbers side by side',
    async (backend) => {
      const specs = backend.dtypes.flatMap((dtype): TensorSpec[] =>
        [[], [0], [3], [1, 5]].map((shape) => ({ shape, dtype })),
      );
      const kept = specs.map((spec, i) => {
        const [buffer, { data }] = [backend.allocate(spec), numbersFor(spec, i)];
        backend.write(buffer, data);
        return { buffer, data };
      });
      for (const { buffer, data } of kept)
        await expectNumbers(backend, buffer, Array.from(data), `a buffer of ${buffer.spec.dtype}`);
    },
  ],
  [
    'what is held falls back to what it was',
    async (backend) => {
      const before = backend.statistics?.();
      if (before === undefined) return;
      const buffers = [x, x, x].map((spec) => backend.allocate(spec));
      const held = backend.statistics?.();
      if (held?.buffers !== before.buffers + 3 || held.bytes < before.bytes + 48)
        throw new ConformanceError({
          what: 'statistics after three buffers of 16 bytes',
          got: JSON.stringify(held),
          expected: `three more than ${JSON.stringify(before)}`,
        });
      const a = placeholder(x, 'a');
      const executable = await backend.compile(trace([a], [core.tanh(a)]));
      const [from = fail(), to = fail()] = buffers;
      const binding = executable.bind([from], [to]);
      // How often it was called is no matter of what it holds.
      const holds = () => ({ ...backend.statistics?.(), calls: undefined });
      const bound = holds();
      for (let i = 0; i < 100; i++) binding.run();
      await backend.read(to);
      expectSame('statistics after 100 runs', holds(), bound);
      for (const buffer of buffers) backend.free(buffer);
      expectSame(
        'the number of buffers after all were freed',
        backend.statistics?.().buffers,
        before.buffers,
      );
    },
  ],
];

const bindings: readonly Examination[] = [
  [
    'an output may be the buffer of an input, also crosswise',
    async (backend) => {
      const [a, b] = [placeholder(x, 'a'), placeholder(x, 'b')];
      const executable = await backend.compile(trace([a, b], [b, core.add(a, b)]));
      const [first, second] = [backend.allocate(x), backend.allocate(x)];
      backend.write(first, four(1, 1, 2, 3));
      backend.write(second, four(1, 2, 3, 5));
      const binding = executable.bind([first, second], [first, second]);
      binding.run();
      await expectNumbers(backend, second, [2, 3, 5, 8], 'a + b in the place of b');
      await expectNumbers(backend, first, [1, 2, 3, 5], 'b in the place of a');
      binding.run(3);
      await expectNumbers(backend, second, [8, 13, 21, 34], 'after three runs more');
    },
  ],
  [
    'a donated input is read whole before it is written',
    async (backend) => {
      const a = placeholder(x, 'a');
      const executable = await backend.compile(
        trace([a], [core.add(core.transpose(a), core.broadcast(core.sum(a), [2, 2]))]),
      );
      const buffer = backend.allocate(x);
      backend.write(buffer, four(1, 2, 3, 4));
      executable.bind([buffer], [buffer]).run();
      await expectNumbers(backend, buffer, [11, 13, 12, 14], 'A^T + sum A in the place of A');
    },
  ],
  [
    'one buffer for two inputs',
    async (backend) => {
      const [a, b] = [placeholder(x, 'a'), placeholder(x, 'b')];
      const executable = await backend.compile(trace([a, b], [core.mul(a, b)]));
      const [from, to] = [backend.allocate(x), backend.allocate(x)];
      backend.write(from, four(1, 2, 3, 4));
      executable.bind([from, from], [to]).run();
      await expectNumbers(backend, to, [1, 4, 9, 16], 'a buffer times itself');
    },
  ],
  [
    'two bindings of one Program do not know of each other',
    async (backend) => {
      const a = placeholder(x, 'a');
      const executable = await backend.compile(trace([a], [core.mul(a, 2)]));
      const made = [1, 2].map((value) => {
        const [from, to] = [backend.allocate(x), backend.allocate(x)];
        backend.write(from, new Float32Array(4).fill(value));
        return { to, binding: executable.bind([from], [to]) };
      });
      for (const { binding } of made) binding.run();
      for (const [i, { to }] of made.entries())
        await expectNumbers(backend, to, new Array(4).fill(2 * (i + 1)), `binding ${i}`);
    },
  ],
  [
    'an input as an output, and one output twice',
    async (backend) => {
      const a = placeholder(x, 'a');
      const doubled = core.mul(a, 2);
      const executable = await backend.compile(trace([a], [a, doubled, doubled]));
      const from = backend.allocate(x);
      const to = [x, x, x].map((spec) => backend.allocate(spec));
      backend.write(from, four(1, 2, 3, 4));
      executable.bind([from], to).run();
      const wanted = [
        [1, 2, 3, 4],
        [2, 4, 6, 8],
        [2, 4, 6, 8],
      ];
      for (const [i, buffer] of to.entries())
        await expectNumbers(backend, buffer, wanted[i] ?? [], `output ${i}`);
    },
  ],
  [
    'writes, runs and reads happen in the order in which they were asked for',
    async (backend) => {
      const a = placeholder(x, 'a');
      const executable = await backend.compile(trace([a], [core.add(a, 1)]));
      const [from, to] = [backend.allocate(x), backend.allocate(x)];
      const binding = executable.bind([from], [to]);
      backend.write(from, four(1, 1, 1, 1));
      binding.run();
      backend.write(from, four(5, 5, 5, 5));
      const early = backend.read(to);
      binding.run();
      const late = backend.read(to);
      expectSame('what was read before the second run', Array.from(await early).join(), '2,2,2,2');
      expectSame('what was read after it', Array.from(await late).join(), '6,6,6,6');
    },
  ],
  [
    'the same twice, and on another of its kind',
    async (backend) => {
      const given = [numbersFor({ shape: [17, 33], dtype: 'float32' }, 1)];
      const f = (a: Value) => core.matmul(core.tanh(a), core.transpose(a));
      const [[first], [second]] = [await results(backend, given, f), await results(backend, given, f)];
      first?.forEach((value, i) => {
        if (!Object.is(value, second?.[i]))
          throw new ConformanceError({
            what: `result [${i}]`,
            got: String(second?.[i]),
            expected: `${value} again`,
          });
      });
    },
  ],
];
