// One step of training, followed through everything that it becomes: docs/architecture.md shows what this prints.

import { explain, type Kernels, kernelsFor, planFor } from '@pullback/compiler';
import {
  add,
  formatProgram,
  gradient,
  matmul,
  mul,
  type Program,
  placeholder,
  square,
  sub,
  sum,
  type TensorSpec,
  tanh,
  trace,
  type Value,
} from '@pullback/core';
import { planned } from './planned.ts';

type Inputs = [x: Value, t: Value, w1: Value, b1: Value, w2: Value, b2: Value];

// #region graph
function step([x, t, w1, b1, w2, b2]: Inputs): Value[] {
  const hidden = tanh(add(matmul(x, w1), b1));
  const output = add(matmul(hidden, w2), b2);
  const error = mul(sum(square(sub(output, t))), 0.5);
  const weights = [w1, b1, w2, b2];
  const slopes = gradient(error, weights);
  return [error, ...weights.map((w, i) => sub(w, mul(0.1, slopes[i] ?? 0)))];
}
// #endregion

const shapes = [[4, 2], [4, 1], [2, 3], [3], [3, 1], [1]];
const specs = shapes.map((shape): TensorSpec => ({ shape, dtype: 'float32' }));
/** The loss has a buffer of its own, new weights the buffers of the old ones. */
const inPlace = [undefined, 2, 3, 4, 5];

function traced(): Program {
  const inputs = specs.map((spec) => placeholder(spec, ''));
  return trace(inputs, step(inputs as Inputs));
}

/** What an op makes of which values, in the order in which they are lowered. */
function opsOf({ lowered }: Kernels): string {
  const read = lowered.ops.map((op) => {
    const operands = op.operands.map((operand) =>
      operand.kind === 'root'
        ? `%${operand.root}(${operand.view.strides.join()})`
        : operand.kind === 'number'
          ? `#${operand.number}`
          : 'place',
    );
    return `%${op.root} = ${op.name} [${op.shape.join()}] ${operands.join(' ')}`;
  });
  return read.join('\n');
}

/** The text of each stage, by the name under which the page shows it. */
export function stages(): Readonly<Record<string, string>> {
  const program = traced();
  const kernels = kernelsFor(program);
  const aliases = inPlace.map((input) => (input === undefined ? [] : [input]));
  const [first] = planned(specs, (...inputs) => step(inputs as Inputs), 'software', inPlace);
  return {
    program: formatProgram(program),
    ops: opsOf(kernels),
    kernels: explain(planFor(kernels, aliases)),
    code: /^fn epilogue0[\s\S]*?^}/m.exec(first?.code ?? '')?.[0] ?? '',
  };
}
