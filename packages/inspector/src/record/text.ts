import { denseView, formulaOf, type Labels, type Scalar, type Value, type Vertex } from '@pullback/core';

const longest = 160;

/** How tightly what was written holds together: an operand that binds less stands in parentheses. */
interface Text {
  readonly text: string;
  readonly binds: number;
}

const symbols: Readonly<Record<string, readonly [symbol: string, binds: number]>> = {
  add: [' + ', 1],
  sub: [' − ', 1],
  mul: [' · ', 2],
  div: [' / ', 2],
};
const whole = 4;

/**
 * A Value as an expression of those that have names, as nodes of the graph made it; nothing of it is looked up by the name of a primitive.
 * Broadcasts and reshapes are left out: the numbers are the same.
 */
export function textOf(value: Value, names: ReadonlyMap<Value, string>): string {
  const { text } = written(value, names, 0);
  return text.length > longest ? `${text.slice(0, longest)} …` : text;
}

/** A node on operands of these names. */
export function applied(vertex: Vertex, names: readonly string[]): string {
  const given = new Map(vertex.inputs.map((input, i) => [input, names[i] ?? '']));
  return withOperands(vertex, (input) => {
    const name = given.get(input);
    return name === undefined || name === '' ? written(input, new Map(), 0) : { text: name, binds: whole };
  }).text;
}

function written(value: Value, names: ReadonlyMap<Value, string>, depth: number): Text {
  const name = names.get(value);
  if (name !== undefined) return { text: name, binds: whole };
  if (depth > 12) return { text: '…', binds: whole };
  return withOperands(value.vertex, (input) => written(input, names, depth + 1));
}

function withOperands(vertex: Vertex, textOfOperand: (input: Value) => Text): Text {
  const { node, inputs, attributes, output } = vertex;
  const operands = inputs.map(textOfOperand);
  const call = { text: `${node.name}(${operands.map(({ text }) => text).join(', ')})`, binds: whole };
  if (node.kind === 'composite') return call;
  const { form } = node;
  const [a, b] = operands;
  if (form?.kind === 'number') return { text: shortNumber(form.number(attributes)), binds: whole };
  if (form?.kind === 'view' && a !== undefined && keepsNumbers(vertex)) return a;
  if (form?.kind === 'contract' && a !== undefined && b !== undefined)
    return product(form.labels(attributes), a, b) ?? call;
  if (form?.kind === 'reduce' && a !== undefined) {
    const axes = form.axes(attributes);
    const all =
      axes.length === (inputs[0]?.shape.length ?? 0) || output.shape.every((extent) => extent === 1);
    return { text: `${node.name}${all ? '' : ` over axis ${axes.join()} of `}(${a.text})`, binds: whole };
  }
  if (form?.kind !== 'elements') return call;
  const formula = formulaOf(
    node,
    attributes,
    inputs.map(({ dtype }) => dtype),
  );
  return (formula && asSymbols(formula, operands)) ?? call;
}

/** One operation of formulas on the operands themselves, by its sign. */
function asSymbols({ operation, operands: scalars }: Scalar, operands: readonly Text[]): Text | undefined {
  const given = scalars.map(({ operation: kind, number }) =>
    kind === 'operand' ? operands[number] : undefined,
  );
  const [a, b] = given;
  if (a === undefined) return undefined;
  if (operation === 'neg' && given.length === 1) return { text: `−${inside(a, 3)}`, binds: 3 };
  const [symbol, binds] = symbols[operation] ?? [];
  if (symbol === undefined || binds === undefined || b === undefined || given.length !== 2) return undefined;
  if (operation === 'mul' && a.text === b.text) return { text: `${inside(a, 4)}²`, binds: 3 };
  const stricter = operation === 'sub' || operation === 'div' ? binds + 1 : binds;
  return { text: `${inside(a, binds)}${symbol}${inside(b, stricter)}`, binds };
}

const inside = ({ text, binds }: Text, least: number) => (binds < least ? `(${text})` : text);

/** A product of two matrices, with what is transposed; undefined for other contractions. */
function product({ a, b, out }: Labels, left: Text, right: Text): Text | undefined {
  const sums = a.filter((label) => b.includes(label) && !out.includes(label));
  if (a.length !== 2 || b.length !== 2 || out.length !== 2 || sums.length !== 1) return undefined;
  const [sum] = sums;
  // Whichever operand has the rows of the result stands in front.
  const [front, frontLabels, back, backLabels] = a.includes(out[0] ?? -1)
    ? [left, a, right, b]
    : [right, b, left, a];
  const turned = (operand: Text, isTurned: boolean) => `${inside(operand, 3)}${isTurned ? 'ᵀ' : ''}`;
  return {
    text: `${turned(front, frontLabels[0] === sum)} ${turned(back, backLabels[1] === sum)}`,
    binds: 2,
  };
}

/** Whether a view gives all elements in their order, or repeats them. */
export function keepsNumbers({ node, inputs, attributes, output }: Vertex): boolean {
  const [input] = inputs;
  if (node.kind === 'composite' || node.form?.kind !== 'view' || input === undefined) return false;
  const dense = denseView(input.shape);
  const view = node.form.view({ ...dense, shape: input.shape }, attributes, output.shape);
  if (view === undefined || view.offset !== 0) return false;
  const straight = denseView(output.shape).strides;
  if (view.strides.every((stride, i) => stride === straight[i])) return true;
  // A broadcast: every axis goes on as it did, or stands still.
  const lead = output.shape.length - input.shape.length;
  return lead >= 0 && view.strides.every((stride, i) => stride === 0 || stride === dense.strides[i - lead]);
}

/** Whether a vertex repeats its operand along some axis. */
export function repeats(vertex: Vertex): boolean {
  const [input] = vertex.inputs;
  return input !== undefined && keepsNumbers(vertex) && size(vertex.output) > size(input);
}

const size = ({ shape }: Value) => shape.reduce((n, extent) => n * extent, 1);

const shortNumber = (x: number) => String(Number(x.toPrecision(6))).replace('-', '−');
