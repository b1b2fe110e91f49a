import { defineLayer, type Layer, OptionError, UnsupportedError, Value } from '@pullback/core';
import type { NameMap, NameRule, Predictions } from '@pullback/train';
import type { Transform } from './activations.ts';
import { Config } from './config.ts';
import { broken, isRecord, type Json, list, record, text } from './json.ts';
import { behind, makers } from './layer-of.ts';

/** A model of Keras as a layer of ours. */
export interface Network {
  readonly layer: Layer<readonly Value[], Predictions>;
  /** The shape of one sample of each input, null where it is free. */
  readonly inputs: Readonly<Record<string, readonly (number | null)[]>>;
  /** Where each weight goes to, by its name in Keras, for a network of that path. */
  names(path: string): NameMap;
}

/** Which output of which call of a layer a value is. */
type Source = readonly [layer: string, call: number, output: number];
/** For a layer that is called once. */
const itsOnly = -1;

interface Part {
  readonly name: string;
  readonly label: string;
  readonly apply: (scope: Parameters<Layer['forward']>[0], values: readonly Value[]) => readonly Value[];
  /** The sources of the values of each of its calls. */
  readonly calls: readonly (readonly Source[])[];
  /** The number of its first call: models that know their input count their own making as one. */
  readonly first: number;
  readonly input: readonly (number | null)[] | undefined;
  readonly names: (path: string) => NameMap;
}

/** @throws UnsupportedError that lists all that has no counterpart here, CheckpointError for a config that is none. */
export function networkOf(kind: string, given: unknown): Network {
  const config = record(given, 'the config of a model');
  if (kind === 'Sequential') return sequentialOf(config);
  if (kind !== 'Functional' && kind !== 'Model')
    throw new UnsupportedError({
      got: `a model of the class '${kind}'`,
      expected: 'Sequential or Functional',
    });
  const parts = partsOf(list(config['layers'], 'layers'), (each) => sourcesOf(each['inbound_nodes']));
  return graphOf(
    parts,
    ends(config['input_layers'], 'input_layers'),
    ends(config['output_layers'], 'output_layers'),
  );
}

/** One layer after the other; the first one says what it takes. */
function sequentialOf(config: Json): Network {
  const given = list(config['layers'], 'layers').map((each) => record(each, 'a layer'));
  const first = record(given[0]?.['config'] ?? {}, 'the config of a layer');
  const shape = first['batch_input_shape'] ?? first['batch_shape'] ?? config['build_input_shape'];
  const begun = given[0]?.['class_name'] === 'InputLayer' ? given.slice(1) : given;
  const input = { class_name: 'InputLayer', config: { name: 'input', batch_input_shape: shape } };
  let before = 'input';
  const parts = partsOf([input, ...begun], (_, name) => {
    if (name === 'input') return [];
    const source: Source = [before, itsOnly, 0];
    before = name;
    return [[source]];
  });
  return graphOf(parts, [['input', itsOnly, 0]], [[before, itsOnly, 0]]);
}

function partsOf(
  given: readonly unknown[],
  callsOf: (layer: Json, name: string) => readonly (readonly Source[])[],
): readonly Part[] {
  const problems: string[] = [];
  const parts = given.flatMap((each): Part[] => {
    const layer = record(each, 'a layer');
    const kind = text(layer['class_name'], 'the class of a layer');
    const config = new Config(kind, record(layer['config'], 'the config of a layer'));
    const name = text(layer['name'] ?? config.name, 'the name of a layer');
    try {
      return [partOf(kind, config, name, callsOf(layer, name))];
    } catch (failure) {
      if (!(failure instanceof UnsupportedError)) throw failure;
      problems.push(failure.got);
      return [];
    }
  });
  if (problems.length > 0)
    throw new UnsupportedError({
      got: [...new Set(problems)].join('; '),
      expected: `layers of the classes ${Object.keys(makers).join(', ')}`,
    });
  return parts;
}

function partOf(kind: string, config: Config, name: string, calls: Part['calls']): Part {
  const label = name.replaceAll('/', '.');
  const common = { name, label, calls, first: 0, input: undefined, names: () => ({}) };
  if (kind === 'InputLayer')
    return { ...common, input: sampleOf(config.values), apply: (_, values) => values };
  if (kind === 'Functional' || kind === 'Model' || kind === 'Sequential') {
    const inner = networkOf(kind, config.values);
    const layer = { ...inner.layer, label };
    const known = Object.values(inner.inputs).some((shape) => shape.length > 0);
    return {
      ...common,
      first: kind === 'Sequential' && !known ? 0 : 1,
      names: (path) => inner.names(`${path}/${label}`),
      apply: (scope, values) => valuesOf(scope.apply(layer, ...values)),
    };
  }
  const maker = Object.hasOwn(makers, kind) ? makers[kind] : undefined;
  if (maker === undefined) throw new UnsupportedError({ got: `${kind} '${name}'` });
  const { layer, weights } = maker(config, label);
  const last: Transform = behind(config);
  return {
    ...common,
    apply: (scope, values) => [last(scope.apply(layer, ...values))],
    names: (path) =>
      Object.fromEntries(
        Object.entries(weights).flatMap(([weight, rule]) => {
          const to = placed(rule, `${path}/${label}`);
          return [`${name}/${weight}`, `**/${name}/${weight}`].map((pattern) => [pattern, to] as const);
        }),
      ),
  };
}

function placed(rule: string | NameRule, path: string): NameRule {
  return typeof rule === 'string' ? { to: `${path}/${rule}` } : { ...rule, to: `${path}/${rule.to}` };
}

/** A network of one output, as a part of another. @throws OptionError for several outputs, when it is applied. */
export function single(network: Layer<readonly Value[], Predictions>): Layer<readonly Value[]> {
  return {
    ...network,
    origin: network.origin ?? network,
    forward: (scope, ...inputs) => {
      const made = network.forward(scope, ...inputs);
      if (made instanceof Value) return made;
      throw new OptionError({ got: `the outputs ${Object.keys(made).join(', ')}`, expected: 'one output' });
    },
  };
}

function valuesOf(made: Predictions): readonly Value[] {
  return made instanceof Value ? [made] : Object.values(made);
}

const keyOf = (name: string, call: number) => `${name}#${call}`;

function graphOf(parts: readonly Part[], inputs: readonly Source[], outputs: readonly Source[]): Network {
  const byName = new Map(parts.map((part) => [part.name, part]));
  for (const [name] of [...inputs, ...outputs, ...parts.flatMap(({ calls }) => calls.flat())])
    if (!byName.has(name)) throw broken(`a layer '${name}' that is not there`, [...byName.keys()].join(', '));
  const layer = defineLayer('keras', (scope, ...xs: readonly Value[]): Predictions => {
    const made = new Map<string, readonly Value[]>();
    inputs.forEach(([name], i) => {
      const x = xs[i];
      if (x !== undefined) for (const call of [itsOnly, 0]) made.set(keyOf(name, call), [x]);
    });
    // Layers may stand in any order; a circle is never ready.
    let waiting = parts.flatMap((part) => part.calls.map((sources, call) => ({ part, sources, call })));
    while (waiting.length > 0) {
      const later = waiting.filter(({ part, sources, call }) => {
        const values = sources.flatMap(([name, node, output]) => made.get(keyOf(name, node))?.[output] ?? []);
        if (values.length < sources.length) return true;
        const results = part.apply(scope, values);
        for (const each of [call + part.first, ...(call === 0 ? [itsOnly] : [])])
          made.set(keyOf(part.name, each), results);
        return false;
      });
      if (later.length === waiting.length)
        throw broken(
          `layers that wait for each other: ${later.map(({ part }) => part.name).join(', ')}`,
          'none',
        );
      waiting = later;
    }
    const found = outputs.map(([name, node, output]) => {
      const value = made.get(keyOf(name, node))?.[output];
      if (value === undefined) throw broken(`no output ${output} of '${name}'`, 'one');
      return [name, value] as const;
    });
    const [only, ...others] = found;
    return only !== undefined && others.length === 0 ? only[1] : Object.fromEntries(found);
  });
  return {
    layer,
    inputs: Object.fromEntries(inputs.map(([name]) => [name, byName.get(name)?.input ?? []])),
    names: (path) => Object.assign({}, ...parts.map((part) => part.names(path))),
  };
}

/** The calls of a layer. Keras 2 and TensorFlow.js: [[[name, node, output, {}], ...], ...]; Keras 3: objects with histories in them. */
function sourcesOf(given: unknown): readonly (readonly Source[])[] {
  return list(given ?? [], 'inbound_nodes').map((call) => histories(call));
}

function histories(given: unknown): readonly Source[] {
  if (Array.isArray(given)) {
    const [name, node, output] = given;
    if (typeof name === 'string' && typeof node === 'number')
      return [[name, node, typeof output === 'number' ? output : 0]];
    return given.flatMap((each) => histories(each));
  }
  if (!isRecord(given)) return [];
  const { class_name: kind, config } = given;
  if (kind === '__keras_tensor__' && isRecord(config)) return histories(config['keras_history']);
  return Object.values(given).flatMap((each) => histories(each));
}

function ends(given: unknown, what: string): readonly Source[] {
  const found = histories(list(given, what));
  if (found.length === 0) throw broken(`no ${what}`, 'one at least');
  return found;
}

function sampleOf(config: Json): readonly (number | null)[] | undefined {
  const shape = config['batch_input_shape'] ?? config['batch_shape'];
  if (!Array.isArray(shape)) return undefined;
  return shape.slice(1).map((extent) => (typeof extent === 'number' ? extent : null));
}
