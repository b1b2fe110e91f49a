import { DTypeError } from '../errors.ts';
import { vertexOf } from '../graph/apply.ts';
import type { Attributes } from '../graph/attributes.ts';
import type { Cotangents, Node, Primitive, Value, Vertex } from '../graph/value.ts';
import { broadcast, sum } from '../ops/broadcast-sum.ts';
import { cast } from '../ops/cast.ts';
import { and, less, not, or } from '../ops/comparisons.ts';
import { fill, literalOf } from '../ops/leaves.ts';
import { select } from '../ops/select.ts';
import { formulaOf } from '../scalar/formula-of.ts';
import { isFloat } from '../tensors/dtype.ts';
import { type Shape, sameShape } from '../tensors/shape.ts';

/**
 * Which elements of a cotangent are 0 because a `select` chose so, read from the graph that made it and never from numbers. An
 * elementwise vjp's result for such an element is chosen to be 0 as well, since 0 times a slope that is infinite or NaN would be
 * NaN. docs/decisions/masks-choose.md says how far that goes.
 */
export class Masks {
  readonly #known = new Map<Value, Value | undefined>();
  readonly #opposites = new Map<Value, Value>();

  /** `part`, which the vjp of `vertex` made of what arrived there, with 0 wherever that was masked. */
  choose(vertex: Vertex, arriving: Cotangents, part: Value): Value {
    const [cotangent, ...others] = arriving;
    const axes = mixedAxes(vertex);
    if (cotangent === undefined || others.length > 0 || axes === undefined || keeps(part, cotangent))
      return part;
    const mask = this.of(cotangent);
    if (mask === undefined || !spreads(mask.shape, part.shape)) return part;
    const joined = axes.filter((axis) => mask.shape[axis] !== 1);
    return select(broadcast(joined.length === 0 ? mask : any(mask, joined), part.shape), part, 0);
  }

  /** The bools without which `value` is 0; undefined where nothing is known. */
  of(value: Value): Value | undefined {
    // A stack of its own: chains of sums and movement may be deeper than the call stack.
    const waiting = [value];
    for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
      const missing = carriers(next).filter((source) => !this.#known.has(source));
      if (missing.length > 0) {
        waiting.push(...missing);
        continue;
      }
      if (!this.#known.has(next)) this.#known.set(next, this.#derive(next));
      waiting.pop();
    }
    return this.#known.get(value);
  }

  #derive(value: Value): Value | undefined {
    const sources = carriers(value);
    const masks = sources.map((source) => this.#known.get(source));
    const [first, second] = masks;
    const { node, attributes, inputs } = value.vertex;
    if (node.kind === 'composite') return first;
    const again = (...operands: Value[]) => applied(node, operands, attributes);
    switch (ruleOf(value.vertex)) {
      case 'select':
        return this.#ofSelect(inputs, first, second);
      case 'add':
      case 'sub':
        return first && second && this.#either(first, second);
      case 'reduce':
      case 'scatter':
        return holdsSome(first && again(cast(first, 'int32'), ...inputs.slice(1)));
      case 'view':
      case 'take':
        return first && again(first, ...inputs.slice(1));
      case 'parts':
        return masks.every((mask) => mask === undefined)
          ? undefined
          : again(...sources.map((source, i) => masks[i] ?? fill(1, source.shape, 'bool')));
      default:
        return first;
    }
  }

  #ofSelect([c, a, b]: readonly Value[], ofA: Value | undefined, ofB: Value | undefined): Value | undefined {
    if (c === undefined || a === undefined || b === undefined) return undefined;
    if (isZero(b)) return ofA === undefined || ofA === c ? c : and(c, ofA);
    if (isZero(a)) return ofB === undefined ? this.#not(c) : and(this.#not(c), ofB);
    if (ofA === ofB) return ofA;
    if (ofA === undefined) return ofB && this.#either(c, ofB);
    return ofB === undefined ? this.#either(this.#not(c), ofA) : select(c, ofA, ofB);
  }

  #either(a: Value, b: Value): Value | undefined {
    if (a === b) return a;
    return a === this.#opposites.get(b) || b === this.#opposites.get(a) ? undefined : or(a, b);
  }

  #not(c: Value): Value {
    const known = this.#opposites.get(c) ?? not(c);
    this.#opposites.set(c, known);
    return known;
  }
}

/** The inputs whose zeros a Value keeps: 0 where all of them are masked. None for a function that makes something else of 0. */
function carriers(value: Value): readonly Value[] {
  const { inputs, expansion } = value.vertex;
  if (expansion !== undefined) return expansion.slice(value.index, value.index + 1);
  const [first, second] = inputs;
  if (first === undefined || !isFloat(value.dtype)) return [];
  switch (ruleOf(value.vertex)) {
    case 'select':
      return inputs.slice(1);
    case 'add':
    case 'sub':
    case 'parts':
      return inputs;
    case 'mul':
      return second === undefined ? [] : holdsFinite(first) ? [second] : holdsFinite(second) ? [first] : [];
    case 'div':
      return second !== undefined && holdsFinite(second) && !isZero(second) ? [first] : [];
    case 'cast':
      return isFloat(first.dtype) ? [first] : [];
    case 'neg':
    case 'reduce':
    case 'view':
    case 'take':
    case 'scatter':
    case 'same':
      return [first];
    default:
      return [];
  }
}

/** The rule by which a primitive treats zeros: its form, or the one operation of its formula; undefined where it may make something else of them. */
export function ruleOf({ node, attributes, inputs }: Vertex): string | undefined {
  if (node.kind === 'composite' || node.form === undefined) return undefined;
  const { form } = node;
  if (form.kind === 'elements') {
    const formula = formulaOf(
      node,
      attributes,
      inputs.map(({ dtype }) => dtype),
    );
    const isOne = formula?.operands.every(
      ({ operation, number }, i) => operation === 'operand' && number === i,
    );
    return isOne === true ? formula?.operation : undefined;
  }
  if (form.kind === 'reduce') return form.combine === 'sum' ? 'reduce' : undefined;
  if (form.kind === 'parts') return (form.fill?.(attributes) ?? 0) === 0 ? 'parts' : undefined;
  return form.kind;
}

/** Whether `part` is 0 wherever `cotangent`, from which it was made, is. */
function keeps(part: Value, cotangent: Value): boolean {
  if (part === cotangent || isZero(part)) return true;
  if (part.vertex.id <= cotangent.vertex.id) return false;
  const sources = carriers(part);
  return sources.length > 0 && sources.every((source) => keeps(source, cotangent));
}

/** Along which axes a vjp mixes what arrives; undefined where nothing is known. */
function mixedAxes({ node }: Vertex): readonly number[] | undefined {
  if (node.kind === 'composite') return node.mixes;
  return node.kind === 'elementwise' || node.form?.kind === 'reduce' ? [] : undefined;
}

/** The primitive on other operands; undefined where it, of a plugin's, does not take their dtype. */
function applied(node: Primitive, operands: readonly Value[], attributes: Attributes): Value | undefined {
  try {
    return vertexOf(node, operands, attributes).output;
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}

function any(mask: Value, axes: readonly number[]): Value {
  return less(0, sum(cast(mask, 'int32'), { axis: axes, keepAxis: true }));
}

function holdsSome(count: Value | undefined): Value | undefined {
  return count && less(0, count);
}

/** The number that was written for `value`, also where it was broadcast since. */
function numberOf(value: Value): number | undefined {
  const [only] = value.inputs;
  return only !== undefined && isView(value.node) ? numberOf(only) : literalOf(value);
}

const isView = (node: Node) => node.kind !== 'composite' && node.form?.kind === 'view';
const isZero = (value: Value) => numberOf(value) === 0;
const holdsFinite = (value: Value) => Number.isFinite(numberOf(value));

/** Whether a mask of one shape broadcasts to the other. */
function spreads(from: Shape, to: Shape): boolean {
  return (
    sameShape(from, to) ||
    (from.length === to.length && from.every((extent, i) => extent === 1 || extent === to[i]))
  );
}
