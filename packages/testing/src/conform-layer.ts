import { type Layout, PullbackError, placeholder, type Shape, sizeOf } from '@pullback/core';
import { type Case, ConformanceError, callOf, guarded } from './case.ts';
import { type Example, numbersOf, type SearchOptions, search } from './example.ts';
import { examineGradients, groundOf, held } from './layer-gradients.ts';
import { type Declared, examineDraws, examineModes, standardized } from './layer-modes.ts';
import { examineCausality, examineDecoding } from './layer-order.ts';
import { examineInfluence, examineParameters, type Kept } from './layer-parameters.ts';
import { examinePaths, examinePurity, examineSharing } from './layer-purity.ts';
import { examineAlone, examineIndependence, examineShapes } from './layer-samples.ts';
import { examineHiddenNaN, examineStart } from './layer-signal.ts';
import { examineDTypes, examineNaN, examineState } from './layer-state.ts';
import { type AnyLayer, outputsOf, runUse, useOf } from './layer-use.ts';
import { near } from './numbers.ts';
import { type ParityOptions, parityCases } from './parity.ts';
import { examineError, refused } from './refusals.ts';
import { runner } from './runner.ts';
import { dataOf, examineRoundTrip, float64, type Names, type Spec } from './spec-round-trip.ts';
import type { Setting } from './test-scope.ts';

export interface LayerConformance extends SearchOptions, ParityOptions, Partial<Declared> {
  readonly name?: string;
  /** The shape of one sample from two extents; a vector when left out. */
  readonly sample?: (a: number, b: number) => Shape;
  /** The shapes of one sample of each input, for a layer of several; `sample` alone when left out. */
  readonly inputs?: (a: number, b: number) => readonly Shape[];
  /** The interval of the numbers of its inputs; all when left out. */
  readonly domain?: readonly [number, number];
  /** Whether its inputs are whole numbers, such as indices: no gradient at them is examined. */
  readonly whole?: boolean;
  /** Whether its input is a sequence [n, t, ...] of which a place depends on itself and those before alone: it is then decoded, too. */
  readonly causal?: boolean;
  readonly layouts?: readonly Layout[];
  /** Options of parameters that must arrive in the scope, by name: `{ 'inner/kernel': { trainable: false } }`. */
  readonly parameters?: Kept;
  readonly tolerance?: number;
  /** Shapes of a batch of its only input that the layer must refuse, with an error of ours. */
  readonly refuses?: readonly Shape[];
  /** The spec that names it, and what makes models of specs. */
  readonly spec?: Spec;
  readonly names?: Names;
}

/**
 * The examination of a layer: that it is pure and shares its weights, names, options and states in order, independence of samples,
 * differences between training and prediction, gradients at its input and at every parameter against differences, layouts, dtypes,
 * errors, its trace, backends, and its spec.
 * @param make gives a new layer each time.
 */
export function conformLayer(make: () => AnyLayer, options: LayerConformance = {}): Case[] {
  const { layouts = ['row'], refuses = [], name = make().name, inputs, sample } = options;
  const samples = inputs?.(3, 2) ?? [sample?.(3, 2) ?? [3]];
  return [
    ...layouts.flatMap((layout) => casesOf(make, layout, { ...options, name })),
    guarded(`${name}: of wrong shapes, our errors or none`, () => examineWrongShapes(name, make, samples)),
    ...refuses.map((shape) =>
      guarded(`${name}: refuses a batch of [${shape.join(', ')}]`, () =>
        refused(name, [shape], () =>
          useOf(make(), [shape], { layout: 'row', training: true, dtype: 'float64' }),
        ),
      ),
    ),
  ];
}

/** The cases of one layout, what explains most first. */
function casesOf(
  make: () => AnyLayer,
  layout: Layout,
  options: LayerConformance & { readonly name: string },
): Case[] {
  const { name, sample = (a) => [a], domain = [-Infinity, Infinity] } = options;
  const {
    random = false,
    mixesWhileTraining = false,
    differsWhileTraining = false,
    tolerance = 2e-6,
  } = options;
  const { inputs = (a, b) => [sample(a, b)], parameters = {}, whole = false, spec, names } = options;
  const batchesOf = ({ sizes: [n, a, b] }: Example, count = n): Shape[] =>
    inputs(a, b).map((own) => (layout === 'row' ? [count, ...own] : [...own, count]));
  const numbers = (example: Example, count?: number) => {
    const drawn = numbersOf(example, batchesOf(example, count), domain);
    return whole ? drawn.map((own) => own.map(Math.floor)) : drawn;
  };
  const setting = (training: boolean): Setting => ({ layout, training, dtype: 'float64' });
  const declared: Declared = { random, mixesWhileTraining, differsWhileTraining };
  const title = (what: string) => `${name}, samples in ${layout}s: ${what}`;
  const once = (what: string, examine: () => void): Case => guarded(title(what), examine);
  const each = (what: string, examine: (example: Example) => void, runs = options.runs): Case => ({
    name: title(what),
    run: () =>
      search(examine, { empty: false, ...options, runs }, callOf(`conformLayer(() => ${name}`, options)),
  });
  const free = domain.every((end) => !Number.isFinite(end));
  const both = [false, true] as const;
  const pass = (training: boolean) => (training ? 'training' : 'prediction');
  const usual: Example = { sizes: [4, 3, 2], seed: 3 };
  const wider: Example = { sizes: [4, 5, 4], seed: 3 };
  // The figures of a batch of one sample may be refused: training is examined with two at least.
  const fewest = mixesWhileTraining ? 2 : 1;
  const together = ({ sizes: [n, a, b], seed }: Example): Example => ({
    sizes: [Math.max(n, fewest), a, b],
    seed,
  });
  const alone = both.filter((training) => !training || (!mixesWhileTraining && random === false));
  return [
    ...both.map((training) =>
      once(`it is pure, in ${pass(training)}`, () =>
        examinePurity(make, batchesOf(usual), batchesOf(wider), numbers(usual), setting(training)),
      ),
    ),
    once('names, options and first numbers of its parameters', () =>
      examineParameters(make, batchesOf(usual), {
        ...setting(true),
        kept: parameters,
        differs: differsWhileTraining,
      }),
    ),
    once('used twice in one network, it shares its weights', () =>
      examineSharing(make, batchesOf(usual), setting(true)),
    ),
    ...both.map((training) =>
      once(`it does not depend on its path, in ${pass(training)}`, () =>
        examinePaths(make, batchesOf(usual), numbers(usual), setting(training)),
      ),
    ),
    once('random numbers are drawn where that was declared', () =>
      examineDraws(make, batchesOf(usual, 12), numbers(usual, 12), { ...setting(true), random }),
    ),
    once('states are set in training, and in nothing else', () =>
      examineState(make, batchesOf(usual), setting(true)),
    ),
    ...both.map((training) =>
      once(`what it keeps does not depend on the number of samples, in ${pass(training)}`, () =>
        examineShapes(make, batchesOf(usual, training ? fewest : 1), batchesOf(usual, 4), setting(training)),
      ),
    ),
    ...alone.map((training) =>
      each(`samples do not influence each other, in ${pass(training)}`, (example) =>
        examineIndependence(make, batchesOf(example), numbers(example), setting(training)),
      ),
    ),
    ...(random === 'always' ? [] : alone).map((training) =>
      once(`each of twelve samples is what it is alone, in ${pass(training)}`, () =>
        examineAlone(make, batchesOf(usual, 12), batchesOf(usual, 1), numbers(usual, 12), setting(training)),
      ),
    ),
    ...(options.causal === true
      ? [
          once('a place depends on none after it', () =>
            examineCausality(make, batchesOf(usual), numbers(usual), setting(false)),
          ),
          once('places that come some at a time give what they give at once', () =>
            examineDecoding(make, batchesOf(usual), numbers(usual), setting(false)),
          ),
        ]
      : []),
    once('training differs from prediction where that was declared', () =>
      examineModes(
        make,
        batchesOf(usual, 64),
        free ? numbers(usual, 64).map(standardized) : numbers(usual, 64),
        {
          ...setting(true),
          ...declared,
        },
      ),
    ),
    once('float64 is computed in float64', () =>
      examineDTypes(make, batchesOf(usual), numbers(usual), setting(false)),
    ),
    ...both.flatMap((training) =>
      nanCases(make, { batchesOf, numbers, setting: setting(training), domain, title }),
    ),
    ...(random === 'always'
      ? []
      : [
          once('a NaN stays a NaN, in prediction', () =>
            examineHiddenNaN(
              make,
              batchesOf(usual),
              [numbers(usual), numbers({ ...usual, seed: 4 })],
              setting(false),
            ),
          ),
        ]),
    once('it learns from the first numbers of its parameters', () =>
      examineStart(make, batchesOf(usual, 12), numbers(usual, 12), setting(true)),
    ),
    once('every parameter has an influence', () =>
      examineInfluence(make, batchesOf(usual), numbers(usual), setting(true)),
    ),
    ...both.map((training) => {
      const what = `gradients at input and parameters, in ${pass(training)}`;
      const examine = (drawn: Example) => {
        const example = training ? together(drawn) : drawn;
        examineGradients(make, batchesOf(example), numbers(example), {
          name,
          tolerance,
          whole,
          ...setting(training),
        });
      };
      // What draws is slow, and one graph for all shapes: one example will do.
      const draws = random === 'always' || (training && random);
      if (draws) return once(what, () => examine({ sizes: [2, 3, 2], seed: 3 }));
      // Mostly training is the graph that was examined already.
      return training ? each(what, examine, Math.min(4, options.runs ?? 4)) : each(what, examine);
    }),
    once('gradients of a wide input', () =>
      examineGradients(
        make,
        batchesOf({ sizes: [1, 17, 2], seed: 3 }),
        numbers({ sizes: [1, 17, 2], seed: 3 }),
        {
          name,
          tolerance,
          whole,
          ...setting(false),
        },
      ),
    ),
    ...both
      .filter((training) => random === false || (random === true && !training))
      .flatMap((training) =>
        parityCases(
          `${name}, samples in ${layout}s, in ${pass(training)}`,
          () => groundOf(make, batchesOf(usual), numbers(usual), setting(training)),
          options,
        ),
      ),
    ...(spec === undefined || names === undefined
      ? []
      : [
          specCase(`${name}, samples in ${layout}s`, make, layout, {
            sample: sample(3, 2),
            spec,
            names,
            numbers: (shape) => {
              const drawn = numbersOf({ ...usual, seed: 7 }, [shape], whole ? domain : [-Infinity, Infinity]);
              return (whole ? drawn.map((own) => own.map(Math.floor)) : drawn)[0] ?? new Float64Array();
            },
          }),
        ]),
    ...(random === 'always'
      ? []
      : [
          each('float32 is near float64', (example) => {
            const [single, double] = (['float32', 'float64'] as const).map((dtype) =>
              runUse(useOf(make(), batchesOf(example), { ...setting(false), dtype }))({
                inputs: numbers(example),
              }).flatMap(({ data }) => Array.from(data)),
            );
            single?.forEach((x, i) => {
              if (!near(x, double?.[i] ?? Number.NaN, 1e-3))
                throw new ConformanceError({
                  what: `output [${i}]`,
                  got: String(x),
                  expected: `near ${double?.[i]}`,
                });
            });
          }),
        ]),
  ];
}

/** No NaN for zeros and large numbers, where they are in the domain, and none for a batch of one sample. */
function nanCases(
  make: () => AnyLayer,
  given: {
    readonly batchesOf: (example: Example, count?: number) => Shape[];
    readonly numbers: (example: Example, count?: number) => Float64Array[];
    readonly setting: Setting;
    readonly domain: readonly [number, number];
    readonly title: (what: string) => string;
  },
): Case[] {
  const { batchesOf, numbers, setting, domain, title } = given;
  const usual: Example = { sizes: [4, 3, 2], seed: 3 };
  const pass = setting.training ? 'training' : 'prediction';
  const inside = [0, 1000, -1000].filter((place) => domain[0] <= place && domain[1] >= place);
  return [
    guarded(title(`no NaN for zeros, for large numbers and for one sample, in ${pass}`), () => {
      for (const place of inside)
        examineNaN(
          `a batch of inputs of ${place}`,
          make,
          batchesOf(usual),
          numbers(usual).map((own) => own.fill(place)),
          setting,
        );
      try {
        examineNaN('a batch of one sample', make, batchesOf(usual, 1), numbers(usual, 1), setting);
      } catch (error) {
        // Figures of a batch may be refused for one sample, not made up.
        if (!(error instanceof PullbackError)) throw error;
      }
    }),
  ];
}

/** Batches that do not fit may be taken where they have a meaning; what is refused is refused with an error of ours. */
function examineWrongShapes(name: string, make: () => AnyLayer, samples: readonly Shape[]): void {
  const batches = samples.map((sample) => [4, ...sample]);
  batches.forEach((batch, i) => {
    for (const other of [[], [4], [...batch, 2], batch.map(() => 0), [5, ...batch.slice(1)]]) {
      const given = batches.map((own, n) => (n === i ? other : own));
      try {
        useOf(make(), given, { layout: 'row', training: true, dtype: 'float64' });
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
  {
    sample,
    spec,
    names,
    numbers: drawn,
  }: {
    readonly sample: Shape;
    readonly spec: Spec;
    readonly names: Names;
    readonly numbers: (shape: Shape) => Float64Array;
  },
): Case {
  return guarded(`${name}: its spec gives the same spec and the same layer`, async () => {
    const setting = { layout, training: false, dtype: 'float64' } as const;
    const shape = layout === 'row' ? [4, ...sample] : [...sample, 4];
    const { parameters: asked, states, outputs: made } = useOf(make(), [shape], setting);
    const [first] = made;
    const extents = first?.shape ?? [];
    const x = drawn(shape);
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
      const outputs = outputsOf(
        make(),
        [input],
        weights,
        setting,
        states.map((state) => held(state, 'float64')),
      );
      const numbers = runner(
        [input, ...weights],
        outputs,
      )([x, ...parameters.map(({ tensor }) => Float64Array.from(tensor.data))]);
      return { kind: 'prediction', numbers: numbers[0]?.data ?? [] };
    });
  });
}
