// Backends that are right, each in a way of its own: every one must pass.
import { cpu } from '@pullback/backend-cpu';
import {
  type Backend,
  type Buffer,
  DisposedError,
  type DType,
  type Executable,
  type Program,
  ShapeError,
  type TensorSpec,
  type TypedArray,
  tensorOf,
  UnsupportedError,
} from '@pullback/core';
import { changed } from './backends-of.ts';

const soon = () => new Promise<void>((done) => setTimeout(done, 0));

export const unusualBackends: Record<string, () => Backend> = {
  'nothing but what it must have': () => {
    const inner = cpu();
    return {
      name: 'bare',
      dtypes: ['float32', 'float64', 'int32', 'bool', 'uint8'],
      allocate: (spec) => inner.allocate(spec),
      write: (buffer, data) => inner.write(buffer, data),
      read: (buffer) => inner.read(buffer),
      free: (buffer) => inner.free(buffer),
      compile: async (program) => {
        const executable = await inner.compile(program);
        return { bind: (inputs, outputs) => ({ run: executable.bind(inputs, outputs).run }) };
      },
    };
  },
  'without float64': () => without('float64'),
  'float32 and int32 alone': () => without('float64', 'bool', 'uint8'),
  'results come later': () =>
    changed(({ read, compile }) => ({
      read: async (buffer) => {
        const copy = await read(buffer);
        await soon();
        return copy;
      },
      compile: async (program) => {
        await soon();
        return compile(program);
      },
    })),
  'reads that lie inside of a larger memory': () =>
    changed(({ read }) => ({
      read: async (buffer) => {
        const data = await read(buffer);
        const Kind = data.constructor as new (n: number) => TypedArray;
        const larger = new Kind(data.length + 3);
        larger.set(data, 2);
        return larger.subarray(2, 2 + data.length);
      },
    })),
  'scratch of its own, which is counted': () => {
    const inner = cpu();
    const scratch = inner.allocate({ shape: [1000], dtype: 'float32' });
    return {
      ...delegating(inner),
      statistics: () => ({ ...inner.statistics(), allocations: inner.statistics().allocations ?? 0 }),
      name: `with ${scratch.spec.shape}`,
    };
  },
  'sums from the other end': () =>
    changed(({ compile }) => ({
      compile: (program) =>
        compile({
          ...program,
          body: program.body.map((instruction) => {
            const { primitive } = instruction;
            if (primitive.name !== 'sum') return instruction;
            return {
              ...instruction,
              primitive: {
                ...primitive,
                evaluate: ([x], outputs, attributes) => {
                  const [output] = outputs;
                  if (x === undefined || output.data.length !== 1)
                    primitive.evaluate(x ? [x] : [], outputs, attributes);
                  else output.data[0] = Array.from(x.data).reduceRight((total, value) => total + value, 0);
                },
              },
            };
          }),
        }),
    })),
  'frozen handles, and a run that is put off until it is read': () => deferred(),
  'a buffer is bounded': () => changed(() => ({ largestBuffer: 2 ** 28 })),
};

function delegating(inner: ReturnType<typeof cpu>): Backend {
  return {
    name: 'delegating',
    dtypes: inner.dtypes,
    allocate: (spec) => inner.allocate(spec),
    write: (buffer, data) => inner.write(buffer, data),
    read: (buffer) => inner.read(buffer),
    free: (buffer) => inner.free(buffer),
    compile: (program) => inner.compile(program),
    dispose: () => inner.dispose(),
  };
}

function without(...lacking: DType[]): Backend {
  const refuse = (spec: TensorSpec) => {
    if (lacking.includes(spec.dtype))
      throw new UnsupportedError({ got: spec.dtype, expected: 'a dtype that this backend has' });
  };
  return changed(({ dtypes, allocate, compile }) => ({
    dtypes: dtypes.filter((dtype) => !lacking.includes(dtype)),
    allocate: (spec) => {
      refuse(spec);
      return allocate(spec);
    },
    compile: async (program: Program) => {
      for (const spec of [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)]) refuse(spec);
      return compile(program);
    },
  }));
}

/** Buffers are frozen keys, and nothing is computed before somebody reads. */
function deferred(): Backend {
  const memory = new Map<Buffer, TypedArray>();
  const inner = cpu();
  let waiting: (() => void)[] = [];
  const flush = () => {
    const now = waiting;
    waiting = [];
    for (const work of now) work();
  };
  const held = (buffer: Buffer): TypedArray => {
    const data = memory.get(buffer);
    if (data === undefined)
      throw new DisposedError({ got: 'a buffer that was freed', expected: 'a living one' });
    return data;
  };
  return {
    name: 'deferred',
    dtypes: inner.dtypes,
    allocate: (spec) => {
      const buffer = Object.freeze({ spec: Object.freeze({ ...spec }) });
      memory.set(buffer, tensorOf(spec).data);
      return buffer;
    },
    write: (buffer, data) => {
      const own = held(buffer);
      if (own.length !== data.length)
        throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
      flush();
      own.set(buffer.spec.dtype === 'bool' ? data.map((x) => (x === 0 ? 0 : 1)) : data);
    },
    read: async (buffer) => {
      flush();
      return held(buffer).slice();
    },
    free: (buffer) => {
      flush();
      memory.delete(buffer);
    },
    compile: async (program): Promise<Executable> => ({
      bind: (inputs, outputs) => {
        for (const buffer of [...inputs, ...outputs]) held(buffer);
        if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
          throw new ShapeError({
            got: `${inputs.length} and ${outputs.length} buffers`,
            expected: 'one each',
          });
        return {
          run: (times = 1) => {
            for (const buffer of [...inputs, ...outputs]) held(buffer);
            for (let i = 0; i < times; i++)
              waiting.push(() => once(program, inputs.map(held), outputs.map(held)));
          },
        };
      },
    }),
  };
}

function once(program: Program, inputs: readonly TypedArray[], outputs: readonly TypedArray[]): void {
  const values = program.inputs.map((spec, i) => ({ ...spec, data: inputs[i] ?? new Float32Array(0) }));
  for (const { primitive, attributes, inputs: from, outputs: specs } of program.body) {
    const [first, ...others] = specs.map(tensorOf);
    if (first === undefined) continue;
    primitive.evaluate(
      from.flatMap((place) => values[place] ?? []),
      [first, ...others],
      attributes,
    );
    values.push(first, ...others);
  }
  const results = program.outputs.map((place) => values[place]?.data.slice());
  results.forEach((data, i) => {
    if (data !== undefined) outputs[i]?.set(data);
  });
}
