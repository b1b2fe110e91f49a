import {
  constant,
  type FloatDType,
  type Layer,
  type Layout,
  PullbackError,
  placeholder,
  type Shape,
  sizeOf,
  type Tensor,
  Value,
} from '@pullback/core';
import { type Case, ConformanceError, callOf, guarded } from './case.ts';
import { type Example, numbersOf, type SearchOptions, search } from './example.ts';
import { examineJacobian } from './jacobian.ts';
import { near } from './numbers.ts';
import { nested, placeOf } from './numbers-as-text.ts';
import { type Ground, type ParityOptions, parityCases } from './parity.ts';
import { examineError, refused } from './refusals.ts';
import { runner } from './runner.ts';
import { dataOf, examineRoundTrip, float64, type Names, type Spec } from './spec-round-trip.ts';
import { type Asked, firstNumbers, testScope } from './test-scope.ts';

type AnyLayer = Layer<readonly Value[], Value | Readonly<Record<string, Value>>>;

export interface LayerConformance extends SearchOptions, ParityOptions {
  readonly name?: string;
  /** The shape of one sample from two extents; a vector when left out. */
  readonly sample?: (a: number, b: number) => Shape;
  /** The shapes of one sample of each input, for a layer of several; `sample` alone when left out. */
  readonly inputs?: (a: number, b: number) => readonly Shape[];
  readonly layouts?: readonly Layout[];
  /** Whether samples may influence each other while training, as in batch normalization; never in prediction. */
  readonly mixesWhileTraining?: boolean;
  /** Whether training draws random numbers; differences are then taken in prediction alone. */
  readonly random?: boolean;
  readonly tolerance?: number;
  /** Shapes of a batch of its only input that the layer must refuse, with an error of ours. */
  readonly refuses?: readonly Shape[];
  /** The spec that names it, and what makes models of specs. */
  readonly spec?: Spec;
  readonly names?: Names;
}

/**
 * The examination of a layer: gradients at its input and at every parameter against differences, batch independence, parameters
 * that depend on nothing but the shape of a sample, sharing, purity, layouts, errors, its trace, backends, and its spec.
 * @param make gives a new layer each time.
 */
export function conformLayer(make: () => AnyLayer, options: LayerConformance = {}): Case[] {
  const { name = make().name, sample = (a) => [a], layouts = ['row'], random = false } = options;
  const { mixesWhileTraining = false, tolerance = 2e-6, refuses = [] } = options;
  const { inputs = (a, b) => [sample(a, b)] } = options;
  const limits = { empty: false, ...options };
  const cases: Case[] = [];
  for (const layout of layouts) {
    const batchesOf = ({ sizes: [n, a, b] }: Example, count = n): Shape[] =>
      inputs(a, b).map((own) => (layout === 'row' ? [count, ...own] : [...own, count]));
    const each = (what: string, examine: (example: Example) => void): void => {
      cases.push({
        name: `${name}, samples in ${layout}s: ${what}`,
        run: () => search(examine, limits, callOf(`conformLayer(() => ${name}`, options)),
      });
    };
    for (const training of random ? [false] : [false, true])
      each(`gradients at input and parameters, in ${training ? 'training' : 'prediction'}`, (example) => {
        const batches = batchesOf(example);
        const { f, shapes, numbers } = groundOf(make, batches, example, { layout, training });
        const { asked } = parametersOf(make(), batches, { layout, training, dtype: 'float64' });
        const titles = batches.map((_, i) => (batches.length > 1 ? `input ${i}` : 'the input'));
        const names = [...titles, ...asked.map(({ name: path }) => `'${path}'`)];
        examineJacobian({ f, shapes, what: `the gradient of ${name}`, names, tolerance }, numbers);
      });
    for (const training of mixesWhileTraining || random ? [false] : [false, true])
      each(`samples do not influence each other, in ${training ? 'training' : 'prediction'}`, (example) =>
        examineIndependence(make, batchesOf(example), { layout, training, example }),
      );
    each('parameters have shapes that do not depend on the number of samples', (example) => {
      const [one, more] = [1, 4].map(
        (count) =>
          parametersOf(make(), batchesOf(example, count), { layout, training: true, dtype: 'float64' }).asked,
      );
      const listed = [one, more].map((asked) =>
        JSON.stringify(asked?.map(({ name: path, shape }) => [path, shape])),
      );
      if (listed[0] !== listed[1])
        throw new ConformanceError({
          what: 'parameters differ with the number of samples',
          got: `${listed[1]} for 4`,
          expected: `${listed[0]}, as for 1`,
        });
    });
    each('the same graph in another scope: it keeps nothing of the first', (example) => {
      const layer = make();
      const setting = { layout, training: true, dtype: 'float64' } as const;
      const shapes = batchesOf(example);
      const [first, second] = [run(layer, shapes, example, setting), run(layer, shapes, example, setting)];
      if (first.some((x, i) => !Object.is(x, second[i])))
        throw new ConformanceError({
          what: 'the second use gives other numbers',
          got: `[${second.join(', ')}]`,
          expected: `[${first.join(', ')}]`,
        });
    });
    const usual: Example = { sizes: [4, 3, 2], seed: 3 };
    for (const training of random ? [false] : [false, true])
      cases.push(
        ...parityCases(
          `${name}, samples in ${layout}s, in ${training ? 'training' : 'prediction'}`,
          () => groundOf(make, batchesOf(usual), usual, { layout, training }),
          options,
        ),
      );
    if (options.spec !== undefined && options.names !== undefined)
      cases.push(
        specCase(`${name}, samples in ${layout}s`, make, layout, sample(3, 2), options.spec, options.names),
      );
    each('float32 is near float64', (example) => {
      const [single, double] = (['float32', 'float64'] as const).map((dtype) =>
        run(make(), batchesOf(example), example, { layout, training: false, dtype }),
      );
      single?.forEach((x, i) => {
        if (!near(x, double?.[i] ?? Number.NaN, 1e-3))
          throw new ConformanceError({
            what: `output [${i}]`,
            got: String(x),
            expected: `near ${double?.[i]}`,
          });
      });
    });
  }
  cases.push(
    guarded(`${name}: of wrong shapes, our errors or none`, () =>
      examineWrongShapes(name, make, inputs(3, 2)),
    ),
  );
  for (const shape of refuses)
    cases.push(
      guarded(`${name}: refuses a batch of [${shape.join(', ')}]`, () =>
        refused(name, [shape], () =>
          parametersOf(make(), [shape], { layout: 'row', training: true, dtype: 'float64' }),
        ),
      ),
    );
  return cases;
}

/** The layer as a function of its inputs and its parameters, with their first numbers. */
function groundOf(
  make: () => AnyLayer,
  batches: readonly Shape[],
  example: Example,
  { layout, training }: { readonly layout: Layout; readonly training: boolean },
): Ground {
  const { asked } = parametersOf(make(), batches, { layout, training, dtype: 'float64' });
  const f = (...given: Value[]) =>
    outputsOf(make(), given.slice(0, batches.length), given.slice(batches.length), {
      layout,
      training,
      dtype: given[0]?.dtype === 'float32' ? 'float32' : 'float64',
    });
  return {
    f,
    shapes: [...batches, ...asked.map((each) => each.shape)],
    numbers: [
      ...numbersOf(example, batches, [-Infinity, Infinity]),
      ...asked.map((each) => shaken(firstNumbers(each, example.seed), example.seed)),
    ],
  };
}

/** Batches that do not fit may be taken where they have a meaning; what is refused is refused with an error of ours. */
function examineWrongShapes(name: string, make: () => AnyLayer, samples: readonly Shape[]): void {
  const batches = samples.map((sample) => [4, ...sample]);
  batches.forEach((batch, i) => {
    for (const other of [[], [4], [...batch, 2], batch.map(() => 0), [5, ...batch.slice(1)]]) {
      const given = batches.map((own, n) => (n === i ? other : own));
      try {
        parametersOf(make(), given, { layout: 'row', training: true, dtype: 'float64' });
      } catch (error) {
        if (!(error instanceof PullbackError) || error.expected === undefined)
          examineError(name, given, error);
      }
    }
  });
}

/** By its name it is the same layer, with parameters of the same names. */
function specCase(
  name: string,
  make: () => AnyLayer,
  layout: Layout,
  sample: Shape,
  spec: Spec,
  names: Names,
): Case {
  return guarded(`${name}: its spec gives the same spec and the same layer`, async () => {
    const setting = { layout, training: false, dtype: 'float64' } as const;
    const shape = layout === 'row' ? [4, ...sample] : [...sample, 4];
    const { asked, outputs: made } = parametersOf(make(), [shape], setting);
    const [first] = made;
    const extents = first?.shape ?? [];
    const [x = new Float64Array()] = numbersOf({ sizes: [4, 3, 2], seed: 7 }, [shape], [-Infinity, Infinity]);
    const batch = { x: float64(shape, x), target: float64(extents, new Float64Array(sizeOf(extents))) };
    const data = dataOf({ input: sample, layers: [spec], layout });
    await examineRoundTrip(names, data, batch, (parameters) => {
      const own = asked.map(({ name: path }) => path.split('/').slice(1).join('/'));
      const got = parameters.map(({ path }) => path.split('/').slice(2).join('/'));
      if (own.join() !== got.join())
        throw new ConformanceError({
          what: 'the parameters of a model made from the spec',
          got: got.join(', ') || 'none',
          expected: `${own.join(', ') || 'none'}, as without the spec`,
        });
      const input = placeholder({ shape, dtype: 'float64' }, 'x');
      const weights = parameters.map(({ tensor }) => placeholder(tensor, 'weight'));
      const outputs = outputsOf(make(), [input], weights, setting);
      const numbers = runner(
        [input, ...weights],
        outputs,
      )([x, ...parameters.map(({ tensor }) => Float64Array.from(tensor.data))]);
      return { kind: 'prediction', numbers: numbers[0]?.data ?? [] };
    });
  });
}

interface Setting {
  readonly layout: Layout;
  readonly training: boolean;
  readonly dtype: FloatDType;
}

/** Numbers that are not all equal, as biases of 0 are: what two places are mixed up for would not show. */
function shaken(numbers: Float64Array, seed: number): Float64Array {
  return numbers.map((x, i) => x + 0.2 * Math.sin(3 * i + seed + 1));
}

/** What a layer asks for on batches of those shapes, and what it makes of them. */
function parametersOf(layer: AnyLayer, shapes: readonly Shape[], setting: Setting) {
  const asked: Asked[] = [];
  const { scope } = testScope({
    ...setting,
    value: (each, kind) => {
      if (kind === 'parameter') asked.push(each);
      return placeholder({ shape: each.shape, dtype: setting.dtype }, each.name);
    },
  });
  const inputs = shapes.map((shape, i) => placeholder({ shape, dtype: setting.dtype }, `input ${i}`));
  const made = layer.forward(scope, ...inputs);
  return { asked, outputs: made instanceof Value ? [made] : Object.values(made) };
}

/** The outputs with the given Values for its parameters, in the order in which it asks. */
function outputsOf(
  layer: AnyLayer,
  inputs: readonly Value[],
  weights: readonly Value[],
  setting: Setting,
): Value[] {
  let place = 0;
  const { scope } = testScope({
    ...setting,
    value: (each, kind) => {
      const given = kind === 'parameter' ? weights[place++] : undefined;
      return given ?? constant({ shape: each.shape, data: firstNumbers(each, 0) }, { dtype: setting.dtype });
    },
  });
  const made = layer.forward(scope, ...inputs);
  return made instanceof Value ? [made] : Object.values(made);
}

/** The numbers of every output, with the parameters' first numbers. */
function numbersFrom(
  layer: AnyLayer,
  shapes: readonly Shape[],
  example: Example,
  setting: Setting,
  given?: readonly Float64Array[],
): Tensor[] {
  const inputs = shapes.map((shape, i) => placeholder({ shape, dtype: setting.dtype }, `input ${i}`));
  const own = numbersOf(example, shapes, [-Infinity, Infinity]);
  return runner(inputs, outputsOf(layer, inputs, [], setting))(given ?? own);
}

/** The same in a row. */
function run(layer: AnyLayer, shapes: readonly Shape[], example: Example, setting: Setting): number[] {
  return numbersFrom(layer, shapes, example, setting).flatMap(({ data }) => Array.from(data));
}

/** Which sample element `k` of a batch belongs to. */
function sampleOf(k: number, shape: Shape, layout: Layout): number {
  const count = countOf(shape, layout);
  return layout === 'row' ? Math.floor(k / Math.max(1, sizeOf(shape) / Math.max(1, count))) : k % count;
}

function countOf(shape: Shape, layout: Layout): number {
  return shape.at(layout === 'row' ? 0 : -1) ?? 0;
}

function examineIndependence(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  { example, ...rest }: { layout: Layout; training: boolean; example: Example },
): void {
  const setting: Setting = { ...rest, dtype: 'float64' };
  const { layout } = rest;
  const layer = make();
  const own = numbersOf(example, shapes, [-Infinity, Infinity]);
  const moved = own.map((numbers, i) =>
    numbers.map((y, k) => (sampleOf(k, shapes[i] ?? [], layout) === 0 ? y + 1 : y)),
  );
  const before = numbersFrom(layer, shapes, example, setting, own);
  const after = numbersFrom(layer, shapes, example, setting, moved);
  const count = countOf(shapes[0] ?? [], layout);
  before.forEach(({ shape, data }, o) => {
    const which = before.length > 1 ? `output ${o} ` : 'output ';
    if (countOf(shape, layout) !== count)
      throw new ConformanceError({
        what: 'the output has another number of samples than the input',
        got: `${countOf(shape, layout)} in [${shape.join(', ')}]`,
        expected: String(count),
      });
    data.forEach((y, k) => {
      const changed = after[o]?.data[k];
      const sample = sampleOf(k, shape, layout);
      if (sample !== 0 && !Object.is(y, changed))
        throw new ConformanceError({
          what: `sample 0 was changed, and ${which}${placeOf(k, shape)}, of sample ${sample}, changed with it`,
          got: String(changed),
          expected: String(y),
          at: own
            .map((numbers, i) => `${i === 0 ? 'at' : '  '} input ${i} = ${nested(numbers, shapes[i] ?? [])}`)
            .join('\n  '),
        });
    });
  });
}
