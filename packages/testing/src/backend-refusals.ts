import {
  type Attributes,
  applyPrimitive,
  type Backend,
  type DType,
  mul,
  neg,
  type Primitive,
  placeholder,
  trace,
  type Value,
} from '@pullback/core';
import { type Examination, expectError, expectNumbers, matrix } from './backend-expectations.ts';
import { ConformanceError } from './case.ts';

/** The calls that a backend must refuse, each with an error of the contract, and nothing done by halves. */
export const refusals: readonly Examination[] = [
  [
    'refuses data of another length, and a buffer that was freed',
    async (backend) => {
      const buffer = backend.allocate(matrix);
      backend.write(buffer, Float32Array.of(1, 2, 3, 4));
      for (const length of [3, 5, 0, 8])
        await expectError(`a write of ${length} numbers to a buffer of 4`, 'ShapeError', () =>
          backend.write(buffer, new Float32Array(length)),
        );
      await expectNumbers(backend, buffer, [1, 2, 3, 4], 'a buffer after writes that were refused');
      backend.free(buffer);
      await expectError('reading a freed buffer', 'DisposedError', () => backend.read(buffer));
      await expectError('writing a freed buffer', 'DisposedError', () =>
        backend.write(buffer, new Float32Array(4)),
      );
      const a = placeholder(matrix, 'a');
      const executable = await backend.compile(trace([a], [neg(a)]));
      const other = backend.allocate(matrix);
      await expectError('binding a freed buffer as an input', 'DisposedError', () =>
        executable.bind([buffer], [other]).run(),
      );
      await expectError('binding a freed buffer as an output', 'DisposedError', () =>
        executable.bind([other], [buffer]).run(),
      );
      backend.free(buffer);
    },
  ],
  [
    'refuses a buffer that it did not make',
    async (backend) => {
      const stranger = { spec: matrix };
      await expectError('reading a stranger', 'DisposedError', () => backend.read(stranger));
      await expectError('writing a stranger', 'DisposedError', () =>
        backend.write(stranger, new Float32Array(4)),
      );
      const a = placeholder(matrix, 'a');
      const executable = await backend.compile(trace([a], [neg(a)]));
      await expectError('binding a stranger', 'DisposedError', () =>
        executable.bind([stranger], [backend.allocate(matrix)]).run(),
      );
    },
  ],
  [
    'refuses another number of buffers than the Program has',
    async (backend) => {
      const a = placeholder(matrix, 'a');
      const executable = await backend.compile(trace([a], [mul(a, 2)]));
      const own = () => backend.allocate(matrix);
      await expectError('no output', 'ShapeError', () => executable.bind([own()], []).run());
      await expectError('no input', 'ShapeError', () => executable.bind([], [own()]).run());
      await expectError('an output too many', 'ShapeError', () =>
        executable.bind([own()], [own(), own()]).run(),
      );
      await expectError('an input too many', 'ShapeError', () =>
        executable.bind([own(), own()], [own()]).run(),
      );
    },
  ],
  [
    'refuses dtypes that it does not list',
    async (backend) => {
      const all: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
      for (const dtype of all.filter((each) => !backend.dtypes.includes(each)))
        await expectError(`a buffer of ${dtype}`, 'UnsupportedError', () =>
          backend.allocate({ shape: [1], dtype }),
        );
    },
  ],
  ['an error of a primitive is heard', examineThrowing],
];

/** A primitive whose `evaluate` throws: somewhere between compiling and reading somebody hears of it. */
async function examineThrowing(backend: Backend): Promise<void> {
  const broken: Primitive<readonly [Value], Attributes, Value> = {
    kind: 'reduction',
    name: 'broken',
    infer: ([x]) => x,
    evaluate: () => {
      throw new RangeError('this primitive always throws');
    },
  };
  const a = placeholder(matrix, 'a');
  let got: readonly number[];
  try {
    const executable = await backend.compile(trace([a], [applyPrimitive(broken, [a], {})]));
    const [from, to] = [backend.allocate(matrix), backend.allocate(matrix)];
    executable.bind([from], [to]).run();
    got = Array.from(await backend.read(to));
  } catch {
    return;
  }
  throw new ConformanceError({
    what: 'a primitive whose evaluate throws',
    got: `no error, and the numbers [${got.join(', ')}]`,
    expected: 'its error, or an UnsupportedError, from compile, bind, run or read',
  });
}
