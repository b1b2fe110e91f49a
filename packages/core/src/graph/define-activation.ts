import { type Layer, type LayerOptions, layerFields } from '../contracts/layer.ts';
import { NotElementwiseError } from '../errors.ts';
import { checkOptions } from '../options/check-options.ts';
import { type Fields, flag, number, text } from '../options/field.ts';
import { formatShape, sameShape } from '../tensors/shape.ts';
import { apply } from './apply.ts';
import type { Composite, InverseLink } from './value.ts';
import { Value, type Vertex } from './value.ts';

export interface ActivationRules {
  readonly forward: (x: Value) => Value;
  /** F'(z) * g, the Hadamard product, from the gradient, the input and the output. */
  readonly vjp?: (gradient: Value, at: { readonly input: Value; readonly output: Value }) => Value;
  /** That the outputs are probabilities, and of what. */
  readonly inverseLink?: InverseLink;
}

/** Called with a Value it is a function; called with options or nothing it makes a layer. */
export interface Activation {
  (x: Value): Value;
  (options?: LayerOptions): Layer<readonly [Value]>;
  readonly activation: string;
}

/**
 * An elementwise function of one's own, x_i = f(z_i), with a diagonal J (3.1): written as an expression, or with its vjp.
 * @throws NotElementwiseError at the first use, when what `forward` built lets components mix: (3.2) would be wrong.
 */
export function defineActivation(
  name: string,
  rules: ActivationRules | ActivationRules['forward'],
): Activation {
  const { forward, vjp, inverseLink }: ActivationRules =
    typeof rules === 'function' ? { forward: rules } : rules;
  const node: Composite<readonly [Value], Value> = {
    kind: 'composite',
    name,
    inverseLink,
    mixes: [],
    forward: (x) => {
      const y = forward(x);
      refuseMixing(name, y, [x]);
      return y;
    },
    ...(vjp && {
      vjp: (gradient: Value, { input, output }: Vertex<readonly [Value]>) => {
        const product = vjp(gradient, { input, output });
        refuseMixing(`the vjp of ${name}`, product, [gradient, input, output]);
        return [product];
      },
    }),
  };
  return activationOf(name, (x) => apply(node, x));
}

/** A function of one Value that is also the factory of a layer. */
export function activationOf(name: string, f: (x: Value) => Value): Activation {
  function activation(x: Value): Value;
  function activation(options?: LayerOptions): Layer<readonly [Value]>;
  function activation(given: Value | LayerOptions = {}): Value | Layer<readonly [Value]> {
    if (given instanceof Value) return f(given);
    checkOptions(name, given, layerFields);
    return { name, label: given.name, forward: (_, x) => f(x) };
  }
  return named(name, activation);
}

/** A function called that, also where it is printed. */
function named<F extends object>(name: string, f: F): F & { readonly activation: string } {
  Object.defineProperty(f, 'name', { value: name });
  return Object.assign(f, { activation: name });
}

// Structural: everything between the inputs and the output must be elementwise and of the inputs' shape. No number is
// tried, so nothing can slip through at a lucky point.
function refuseMixing(name: string, output: Value, inputs: readonly Value[]): void {
  const [{ shape } = output] = inputs;
  const complain = (got: string) =>
    new NotElementwiseError({
      got,
      expected: `${name} to be elementwise`,
      hint: 'Use defineNode for a function that mixes components.',
    });
  if (!sameShape(output.shape, shape))
    throw complain(`an output of ${formatShape(output.shape)} for an input of ${formatShape(shape)}`);
  const seen = new Set<Value>(inputs);
  const waiting = [output];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const { node, expansion } = value.vertex;
    if (expansion === undefined && node.kind !== 'elementwise' && dependsOn(value, inputs))
      throw complain(`'${node.name}', which mixes components or changes the shape`);
    waiting.push(...(expansion ?? value.inputs));
  }
}

function dependsOn(value: Value, inputs: readonly Value[]): boolean {
  const sources = new Set(inputs);
  const seen = new Set<Value>();
  const waiting = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (sources.has(next)) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...next.inputs);
  }
  return false;
}

/** An activation with options: called with a Value (and options) a Value, with options or nothing a layer. */
export interface ActivationWith<O extends object> {
  (x: Value, options?: O): Value;
  (options?: O & LayerOptions): Layer<readonly [Value]>;
  readonly activation: string;
}

/**
 * An elementwise function with options, such as a slope; see `defineActivation`.
 * @param rules the function for given options; those left out are taken from `defaults`.
 * @param fields which values they take; those of the type of their defaults when left out.
 */
export function defineActivationWith<O extends object>(
  name: string,
  defaults: O,
  rules: (options: O) => ActivationRules | ActivationRules['forward'],
  fields: Fields = fieldsLike(defaults),
): ActivationWith<Partial<O>> {
  function activation(x: Value, options?: Partial<O>): Value;
  function activation(options?: Partial<O> & LayerOptions): Layer<readonly [Value]>;
  function activation(
    given?: Value | (Partial<O> & LayerOptions),
    options?: Partial<O>,
  ): Value | Layer<readonly [Value]> {
    if (given instanceof Value) {
      checkOptions(name, options, { ...fields, ...layerFields });
      return defineActivation(name, rules({ ...defaults, ...options }))(given);
    }
    checkOptions(name, given, { ...fields, ...layerFields });
    const layer = defineActivation(name, rules({ ...defaults, ...given }));
    return given?.name === undefined ? layer() : layer({ name: given.name });
  }
  return named(name, activation);
}

function fieldsLike(defaults: object): Fields {
  const known: Fields = { number: number(), boolean: flag() };
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, known[typeof value] ?? text()]),
  );
}
