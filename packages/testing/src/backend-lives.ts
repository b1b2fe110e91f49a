import * as core from '@pullback/core';
import { type Backend, type Buffer, placeholder, type Tensor, trace, type Value } from '@pullback/core';
import { type Examination, expectNumbers, matrix } from './backend-expectations.ts';

const four = (...numbers: number[]) => Float32Array.from(numbers);
const filled = (backend: Backend, ...numbers: number[]): Buffer => {
  const buffer = backend.allocate(matrix);
  backend.write(buffer, four(...numbers));
  return buffer;
};
const doubling = () => {
  const a = placeholder(matrix, 'a');
  return trace([a], [core.mul(a, 2)]);
};
const withConstant = (...numbers: number[]) => {
  const a = placeholder(matrix, 'a');
  return trace([a], [core.add(a, core.constant({ shape: [2, 2], data: four(...numbers) }))]);
};

/** Several of a kind at once, and one of them given back; runs of none and of many times; where data begins and ends. */
export const lives: readonly Examination[] = [
  [
    'data is taken from where it begins in its memory',
    async (backend) => {
      for (const dtype of backend.dtypes) {
        const whole = core.tensorOf({ shape: [9], dtype }).data;
        whole.forEach((_, i) => {
          whole[i] = dtype === 'bool' ? Number(i % 3 === 0) : i + 1;
        });
        const buffer = backend.allocate({ shape: [4], dtype });
        backend.write(buffer, whole.subarray(3, 7));
        await expectNumbers(backend, buffer, Array.from(whole.subarray(3, 7)), `a subarray of ${dtype}`);
      }
    },
  ],
  [
    'bools are written as whether numbers are not 0',
    async (backend) => {
      if (!backend.dtypes.includes('bool')) return;
      const buffer = backend.allocate({ shape: [6], dtype: 'bool' });
      const written: readonly [core.TypedArray, readonly number[]][] = [
        [Uint8Array.of(0, 1, 2, 128, 255, 0), [0, 1, 1, 1, 1, 0]],
        [Float32Array.of(0, -0, 0.3, -0.2, 256, Number.NaN), [0, 0, 1, 1, 1, 1]],
        [Int32Array.of(0, 256, -1, 65_536, 1, 0), [0, 1, 1, 1, 1, 0]],
      ];
      for (const [data, wanted] of written) {
        backend.write(buffer, data);
        await expectNumbers(backend, buffer, wanted, `bools written as [${data.join(', ')}]`);
      }
    },
  ],
  ['large buffers live on when one of them is freed, and its memory is taken again', examineLarge],
  ['one Program compiled twice gives two executables, and one lives on without the other', examineTwins],
  [
    'one binding lives on without another',
    async (backend) => {
      const executable = await backend.compile(doubling());
      const [first, second] = [filled(backend, 1, 2, 3, 4), filled(backend, 5, 6, 7, 8)];
      const [one, two] = [backend.allocate(matrix), backend.allocate(matrix)];
      const [gone, left] = [executable.bind([first], [one]), executable.bind([second], [two])];
      gone.run();
      gone.dispose?.();
      left.run();
      await expectNumbers(backend, two, [10, 12, 14, 16], 'the result of the binding that is left');
      const again = executable.bind([first], [two]);
      again.run();
      await expectNumbers(backend, two, [2, 4, 6, 8], 'that of a binding made after one was disposed of');
      await expectNumbers(backend, one, [2, 4, 6, 8], 'what the first binding wrote before');
    },
  ],
  [
    'a run of no times does nothing, and one of many does each',
    async (backend) => {
      const a = placeholder(matrix, 'a');
      const executable = await backend.compile(trace([a], [core.add(a, 1)]));
      const buffer = filled(backend, 1, 2, 3, 4);
      const binding = executable.bind([buffer], [buffer]);
      binding.run(0);
      await expectNumbers(backend, buffer, [1, 2, 3, 4], 'after a run of 0 times');
      binding.run(1000);
      await expectNumbers(backend, buffer, [1001, 1002, 1003, 1004], 'after one of 1000 times');
      binding.run(2);
      binding.run();
      await expectNumbers(backend, buffer, [1004, 1005, 1006, 1007], 'after one of 2 and another');
    },
  ],
  [
    'Programs that differ in their constants alone are two',
    async (backend) => {
      const from = filled(backend, 1, 2, 3, 4);
      for (const numbers of [
        [1, 1, 1, 1],
        [10, 20, 30, 40],
        [-0, 0, 5, 5],
      ]) {
        const to = backend.allocate(matrix);
        (await backend.compile(withConstant(...numbers))).bind([from], [to]).run();
        const wanted = [1, 2, 3, 4].map((value, i) => value + (numbers[i] ?? 0));
        await expectNumbers(backend, to, wanted, `a + [${numbers.join(', ')}]`);
      }
    },
  ],
  [
    'three buffers exchanged all round, by a Program that computes nothing',
    async (backend) => {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => placeholder(matrix, name)) as [Value, Value, Value];
      const executable = await backend.compile(trace([a, b, c], [c, a, b]));
      const buffers = [filled(backend, 1, 1, 1, 1), filled(backend, 2, 2, 2, 2), filled(backend, 3, 3, 3, 3)];
      const binding = executable.bind(buffers, buffers);
      binding.run();
      for (const [i, value] of [3, 1, 2].entries())
        await expectNumbers(
          backend,
          buffers[i] as Buffer,
          new Array(4).fill(value),
          `buffer ${i} after one run`,
        );
      binding.run(2);
      for (const [i, value] of [1, 2, 3].entries())
        await expectNumbers(
          backend,
          buffers[i] as Buffer,
          new Array(4).fill(value),
          `buffer ${i} after three`,
        );
    },
  ],
  [
    'what one binding writes the next one reads',
    async (backend) => {
      const executable = await backend.compile(doubling());
      const buffers = [
        filled(backend, 1, 2, 3, 4),
        backend.allocate(matrix),
        backend.allocate(matrix),
      ] as const;
      const [first, second] = [
        executable.bind([buffers[0]], [buffers[1]]),
        executable.bind([buffers[1]], [buffers[2]]),
      ];
      first.run();
      second.run();
      backend.write(buffers[1], four(0, 0, 0, 0));
      await expectNumbers(backend, buffers[2], [4, 8, 12, 16], 'twice doubled');
      second.run();
      await expectNumbers(backend, buffers[2], [0, 0, 0, 0], 'after what is between was written');
    },
  ],
  ['an input that is written over is read whole by everything before', examineDonation],
];

async function examineLarge(backend: Backend): Promise<void> {
  const spec = { shape: [70_001], dtype: 'float32' } as const;
  const fill = (value: number) => {
    const buffer = backend.allocate(spec);
    backend.write(buffer, new Float32Array(70_001).fill(value));
    return buffer;
  };
  const [first, second, third] = [fill(1), fill(2), fill(3)];
  const expect = async (buffer: Buffer, value: number, what: string) =>
    expectNumbers(backend, buffer, new Array<number>(70_001).fill(value), what);
  backend.free(second);
  await expect(first, 1, 'the one before a freed buffer of 70,001 numbers');
  await expect(third, 3, 'the one after it');
  const [fourth, fifth] = [fill(4), fill(5)];
  backend.free(first);
  await expect(third, 3, 'one between freed buffers');
  await expect(fourth, 4, 'one that was allocated after a free');
  await expect(fifth, 5, 'one beside it');
}

async function examineTwins(backend: Backend): Promise<void> {
  const program = doubling();
  const [one, two] = [await backend.compile(program), await backend.compile(program)];
  const [first, second] = [filled(backend, 1, 2, 3, 4), filled(backend, 5, 6, 7, 8)];
  const to = [backend.allocate(matrix), backend.allocate(matrix)] as const;
  const bound = [one.bind([first], [to[0]]), two.bind([second], [to[1]])] as const;
  bound[1].run();
  bound[0].run();
  await expectNumbers(backend, to[0], [2, 4, 6, 8], 'the result of the first');
  await expectNumbers(backend, to[1], [10, 12, 14, 16], 'the result of the second');
  one.dispose?.();
  backend.write(second, four(1, 1, 1, 1));
  bound[1].run();
  await expectNumbers(
    backend,
    to[1],
    [2, 2, 2, 2],
    'the result of the second after the first was disposed of',
  );
  const third = await backend.compile(program);
  third.bind([first], [to[0]]).run();
  await expectNumbers(backend, to[0], [2, 4, 6, 8], 'the result of a third, compiled after that');
}

/** Each of several outputs in the place of an input that the others still read, elsewhere, backwards and as sums. */
async function examineDonation(backend: Backend): Promise<void> {
  const spec = { shape: [9, 9], dtype: 'float32' } as const;
  const f = (a: Value, b: Value): Value[] => [
    core.add(core.transpose(b), a),
    core.sub(core.flip(a), core.broadcast(core.sum(b, { axis: 0, keepAxis: true }), [9, 9])),
  ];
  const [a, b] = [placeholder(spec, 'a'), placeholder(spec, 'b')];
  const given = [1, 2].map(
    (offset): Tensor => ({
      ...spec,
      data: Float32Array.from({ length: 81 }, (_, i) => ((i * 7 * offset) % 13) - 6),
    }),
  );
  const outputs = f(a, b);
  const wanted = core.evaluate(outputs, new Map([a, b].map((value, i) => [value, given[i] ?? 0])));
  const buffers = given.map(({ data }) => {
    const buffer = backend.allocate(spec);
    backend.write(buffer, data);
    return buffer;
  });
  (await backend.compile(trace([a, b], outputs))).bind(buffers, buffers).run();
  for (const [i, buffer] of buffers.entries())
    await expectNumbers(
      backend,
      buffer,
      Array.from(wanted[i]?.data ?? []),
      `output ${i} in the place of input ${i}`,
    );
}
