import { type Aliases, describeKernel, explain, kernelsFor, planFor } from '@pullback/compiler';
import type { View } from '@pullback/core';
import * as core from '@pullback/core';
import {
  type DType,
  type Program,
  placeholder,
  programKey,
  type Shape,
  trace,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { lower } from '../src/lower/lower.ts';
import type { Op, Operand } from '../src/lower/op.ts';

const input = (shape: Shape, name = 'x', dtype: DType = 'float32') => placeholder({ shape, dtype }, name);

/** The Program of a function of one matrix. */
function of(shape: Shape, f: (x: Value) => Value | readonly Value[]): Program {
  const x = input(shape);
  return trace([x], [f(x)].flat());
}

const view = ({ offset, strides }: View) => `(${strides.join()}${offset === 0 ? '' : ` from ${offset}`})`;

function operand(read: Operand): string {
  if (read.kind === 'number') return `#${read.number}`;
  return read.kind === 'index' ? `place${view(read.view)}` : `%${read.root}${view(read.view)}`;
}

/** An op as `%result(where it lies) = name [points] operands`. */
function written(op: Op): string {
  const { within, strides } = op;
  const place = within ? `%${within.root}${view({ offset: within.offset, strides })}` : `(${strides.join()})`;
  const own = `%${op.root}${place} = ${op.name} [${op.shape.join()}]`;
  if (op.kind === 'assemble' && op.fill !== undefined)
    return `${own} ${op.parts.map((part) => `${operand(part.operand)} at ${view(part.to)}`).join(', ')} on ${op.fill}`;
  const from =
    op.kind === 'gather' ? ` %${op.from}${view(op.view)} every ${op.stride} of ${op.extent} by` : '';
  return `${own}${from} ${op.operands.map(operand).join(' ')}`.trimEnd();
}

const lowered = (program: Program) => lower(program).ops.map(written).join('\n');
const kernels = (program: Program, aliases?: Aliases) =>
  planFor(kernelsFor(program), aliases).kernels.map(describeKernel).join('\n');

describe('lower: movement is a view of what is read', () => {
  const read = (f: (x: Value) => Value) => lowered(of([2, 3], (x) => core.exp(f(x))));
  test('transpose exchanges strides', () => {
    expect(read((x) => core.transpose(x))).toMatchInlineSnapshot(`"%2(2,1) = exp [3,2] %0(1,3)"`);
  });
  test('broadcast repeats with stride 0', () => {
    expect(read((x) => core.broadcast(x, [4, 2, 3]))).toMatchInlineSnapshot(
      `"%3(6,3,1) = exp [4,2,3] %0(0,3,1)"`,
    );
  });
  test('slice begins further on, and steps', () => {
    expect(read((x) => core.slice(x, [1, 0], [], [1, 2]))).toMatchInlineSnapshot(
      `"%2(0,1) = exp [1,2] %0(0,2 from 3)"`,
    );
  });
  test('flip begins at the end and goes back', () => {
    expect(read((x) => core.flip(x, 1))).toMatchInlineSnapshot(`"%2(3,1) = exp [2,3] %0(3,-1 from 2)"`);
  });
  test('reshape of what is dense splits and merges', () => {
    expect(read((x) => core.reshape(x, [6]))).toMatchInlineSnapshot(`"%2(1) = exp [6] %0(1)"`);
  });
  test('reshape of a transpose has to copy', () => {
    expect(read((x) => core.reshape(core.transpose(x), [6]))).toMatchInlineSnapshot(`
      "%4(2,1) = copy [3,2] %0(1,3)
      %3(1) = exp [6] %4(1)"
    `);
  });
  test('pad and concatenate put parts at their places', () => {
    expect(
      lowered(of([2, 3], (x) => core.pad(x, { low: [1], between: [0, 1], value: 7 }))),
    ).toMatchInlineSnapshot(`
      "%2%1(0,1) = copy [1,5] #7
      %3%1(5,2 from 5) = copy [2,3] %0(3,1)
      %4%1(5,2 from 6) = copy [2,2] #7
      %1(5,1) = pad [3,5] %2(0,1) %3(3,1) %4(2,1)"
    `);
    expect(lowered(of([2, 3], (x) => core.concatenate([x, core.flip(x, 1)])))).toMatchInlineSnapshot(
      `
      "%3%2(6,1) = copy [2,3] %0(3,1)
      %4%2(6,1 from 3) = copy [2,3] %0(3,-1 from 2)
      %2(6,1) = concatenate [2,6] %3(3,1) %4(3,1)"
    `,
    );
  });
  test('numbers and places need no memory, but for a product', () => {
    const program = of([2, 2], (x) =>
      core.matmul(core.add(x, core.iota([2], { dtype: 'float32' })), core.ones([2, 2])),
    );
    expect(lowered(program)).toMatchInlineSnapshot(`
      "%4(2,1) = add [2,2] %0(2,1) place(0,1)
      %7(2,1) = copy [2,2] #1
      %6(2,1,0) = contract [2,2,2] %4(2,1) %7(1,2)"
    `);
  });
  test('a transposed operand of a product is read where it lies', () => {
    expect(lowered(of([2, 3], (x) => core.matmul(core.transpose(x), x)))).toMatchInlineSnapshot(
      `"%2(3,1,0) = contract [3,3,2] %0(1,3) %0(1,3)"`,
    );
  });
  test('rows by index', () => {
    const [x, i] = [input([5, 3]), input([4], 'i', 'int32')];
    expect(lowered(trace([x, i], [core.gather(core.transpose(x), i, { axis: 1 })]))).toMatchInlineSnapshot(
      `"%3(4,1) = gather [3,4] %0(1,0) every 3 of 5 by %1(0,1)"`,
    );
  });
});

describe('fuse: what becomes one kernel', () => {
  test('bias, activation and residual of a product', () => {
    const [x, w, b, r] = [input([4, 3]), input([3, 5], 'w'), input([5], 'b'), input([4, 5], 'r')];
    const y = core.add(core.tanh(core.add(core.matmul(x, w), b)), r);
    expect(kernels(trace([x, w, b, r], [y]))).toMatchInlineSnapshot(`
      "product [4, 5] over 3: %0(3,1) by %1(5,1)
        0: float32{0,1} contract
        1: float32{0,1} add 0 %2(0,1)
        2: float32{0,1} tanh 1
        3: float32{0,1} add 2 %3(5,1) -> %9"
    `);
  });
  test('softmax, cross entropy and its gradient are one kernel of rows', () => {
    const [x, target] = [input([4, 10], 'logits'), input([4, 10], 'target')];
    const loss = core.neg(core.mean(core.sum(core.mul(core.logSoftmax(x), target), { axis: -1 })));
    expect(kernels(trace([x, target], [loss, ...core.gradient(loss, [x])]))).toMatchInlineSnapshot(`
      "rows [4][10]
        0: float32{0} max along the inner axes %0(10,1)
        1: float32{0} sub 0 0
        2: bool{0} equal 1 #0
        3: float32{0} select 2 0 #0
        4: float32{0,1} sub %0(10,1) 3
        5: float32{0,1} exp 4
        6: float32{0} sum along the inner axes 5
        7: float32{0} log 6
        8: float32{0,1} sub 4 7
        9: float32{0,1} mul 8 %1(10,1)
        10: float32{0} sum along the inner axes 9
        11: float32{} sum along the outer axes 10
        12: float32{} div 11 #4
        13: float32{} neg 12 -> %21
        14: float32{0,1} mul #-0.25 %1(10,1)
        15: float32{0,1} exp 8
        16: float32{0} sum along the inner axes 14
        17: float32{0,1} mul 15 16
        18: float32{0,1} sub 14 17 -> %28"
    `);
  });
  test("a bias's gradient and its update are one kernel of columns", () => {
    const [g, b] = [input([32, 5], 'g'), input([5], 'b')];
    const next = core.sub(b, core.mul(0.1, core.sum(g, { axis: 0 })));
    expect(kernels(trace([g, b], [next]), [[1]])).toMatchInlineSnapshot(`
      "columns [32][5]
        0: float32{1} sum along the outer axes %0(5,1)
        1: float32{1} mul #0.10000000149011612 0
        2: float32{1} sub %1(0,1) 1 -> %6"
    `);
  });
  test('x (1 - x) is computed again where it is read, not stored', () => {
    const [g, w, a] = [input([4, 5], 'g'), input([3, 5], 'w'), input([4, 3], 'a')];
    const y = core.sigmoid(a);
    const back = core.mul(core.matmul(g, core.transpose(w)), core.mul(y, core.sub(1, y)));
    expect(kernels(trace([g, w, a], [y, back]))).toMatchInlineSnapshot(`
      "map [][12]
        0: float32{0} abs %2(1)
        1: float32{0} neg 0
        2: float32{0} exp 1
        3: bool{0} less %2(1) #0
        4: float32{0} select 3 2 #1
        5: float32{0} add #1 2
        6: float32{0} div 4 5 -> %11
      product [4, 3] over 5: %0(5,1) by %1(1,5)
        0: float32{0,1} contract
        1: float32{0,1} sub #1 %11(3,1)
        2: float32{0,1} mul %11(3,1) 1
        3: float32{0,1} mul 0 2 -> %16"
    `);
  });
  test('sums along both axes: the second along rows that are few', () => {
    expect(kernels(of([8, 4], (x) => core.sum(core.sum(x, { axis: 1 }))))).toMatchInlineSnapshot(`
      "rows [8][4]
        0: float32{0} sum along the inner axes %0(4,1)
        1: float32{} sum along the outer axes 0 -> %3"
    `);
  });
  test('what is not fused, and why', () => {
    const program = of([3, 3], (x) => {
      const rows = core.exp(x);
      const product = core.matmul(rows, rows);
      return [core.sum(product, { axis: 1 }), core.add(rows, core.transpose(product)), core.argmax(product)];
    });
    expect(kernelsFor(program).reasons).toMatchInlineSnapshot(`
      [
        "sum [3, 3]: a product takes no sums",
      ]
    `);
  });
});

describe('schedule: old numbers are read before new ones are written over them', () => {
  const order = (program: Program, aliases: Aliases) => {
    const { kernels: ordered, copies } = planFor(kernelsFor(program), aliases);
    const first = ordered.map((kernel) => describeKernel(kernel).split('\n').join(';'));
    return [...first, ...copies.map(({ from, output }) => `copy %${from} to output ${output}`)].join('\n');
  };
  test('the gradient uses the old weights', () => {
    const [w, g] = [input([2, 2], 'w'), input([2, 2], 'g')];
    const [next, back] = [core.sub(w, g), core.matmul(g, w)];
    expect(order(trace([w, g], [next, back]), [[0], []])).toMatchInlineSnapshot(`
      "product [2, 2] over 2: %1(2,1) by %0(2,1);  0: float32{0,1} contract -> %3
      map [][4];  0: float32{0} sub %0(1) %1(1) -> %2"
    `);
  });
  test('an update in place needs no copy', () => {
    expect(
      order(
        of([4], (x) => core.mul(x, 2)),
        [[0]],
      ),
    ).toMatchInlineSnapshot(`"map [][4];  0: float32{0} mul %0(1) #2 -> %2"`);
  });
  test('a transpose in place is written aside', () => {
    expect(
      order(
        of([2, 2], (x) => core.add(core.transpose(x), 1)),
        [[0]],
      ),
    ).toMatchInlineSnapshot(`
      "map [][2, 2];  0: float32{0,1} add %0(1,2) #1 -> %3
      copy %3 to output 0"
    `);
  });
  test('two inputs exchanged', () => {
    const [a, b] = [input([2], 'a'), input([2], 'b')];
    expect(order(trace([a, b], [b, a]), [[0], [1]])).toMatchInlineSnapshot(
      `"map [][2];  0: float32{0} copy %1(1) -> %2;  1: float32{0} copy %0(1) -> %3"`,
    );
  });
  test('a circle of three products', () => {
    const [a, b, c] = [input([2, 2], 'a'), input([2, 2], 'b'), input([2, 2], 'c')];
    const products = [core.matmul(b, b), core.matmul(c, c), core.matmul(a, a)];
    expect(order(trace([a, b, c], products), [[0], [1], [2]])).toMatchInlineSnapshot(`
      "product [2, 2] over 2: %1(2,1) by %1(2,1);  0: float32{0,1} contract -> %3
      product [2, 2] over 2: %2(2,1) by %2(2,1);  0: float32{0,1} contract -> %4
      product [2, 2] over 2: %0(2,1) by %0(2,1);  0: float32{0,1} contract -> %5
      copy %3 to output 0"
    `);
  });
});

describe('memory: values whose lives do not overlap share the arena', () => {
  const arena = (program: Program) => {
    const plan = planFor(kernelsFor(program));
    const { offsets, bytes, unshared } = plan.arena;
    return `${[...offsets].map(([value, offset]) => `%${value} at ${offset}`).join(', ')}; ${bytes} of ${unshared} bytes`;
  };
  test('a chain of products needs two places', () => {
    const chain = (x: Value) => core.matmul(core.matmul(core.matmul(core.matmul(x, x), x), x), x);
    expect(arena(of([4, 4], chain))).toMatchInlineSnapshot(`"%1 at 0, %2 at 128, %3 at 0; 256 of 384 bytes"`);
  });
  test('literals keep theirs', () => {
    const literal = core.constant([
      [1, 2],
      [3, 4],
    ]);
    expect(arena(of([2, 2], (x) => core.matmul(core.matmul(x, x), literal)))).toMatchInlineSnapshot(
      `"%1 at 0, %2 at 128; 256 of 256 bytes"`,
    );
  });
});

describe('explain', () => {
  test('kernels, where they come from, flops, bytes and what was not fused', () => {
    const [x, w] = [input([4, 3]), input([3, 2], 'w')];
    const loss = core.mean(core.square(core.relu(core.matmul(x, w))));
    const [slope = w] = core.gradient(loss, [w]);
    const program = trace([x, w], [loss, core.sub(w, core.mul(0.1, slope))]);
    expect(explain(planFor(kernelsFor(program), [[], [1]]))).toMatchInlineSnapshot(`
      "3 kernels, 165 flop, arena 256 B (256 B without sharing)
      0. product [4, 2] over 3: %0(3,1) by %1(2,1)
        0: float32{0,1} contract
        1: bool{0,1} lessEqual 0 #0
        2: float32{0,1} select 1 #0 0
        3: float32{0,1} square 2 -> %6
        4: float32{0,1} mul #2 2
        5: float32{0,1} mul #0.125 4
        6: float32{0,1} select 1 #0 5 -> %15
        96 flop, 136 B
        from contract, relu/lessEqual, relu/select, square and 2 more
      1. rows [][8]
        0: float32{} sum along the inner axes %6(1)
        1: float32{} div 0 #8 -> %10
        9 flop, 36 B
        from sum, div
      2. product [3, 2] over 4: %0(1,3) by %15(2,1)
        0: float32{0,1} contract
        1: float32{0,1} mul #0.10000000149011612 0
        2: float32{0,1} sub %1(2,1) 1 -> %19
        60 flop, 128 B
        from contract/contract (backward), mul, sub
      not fused:
        sum [4, 2]: a product takes no sums"
    `);
  });
});

describe('the key of a Program', () => {
  test('is the same for the same structure, whatever its vertices', () => {
    const program = () => of([2, 3], (x) => core.sum(core.mul(x, 2)));
    expect(programKey(program())).toBe(programKey(program()));
  });
  test('tells shapes, dtypes, attributes, -0 and literals apart', () => {
    const literal = () => core.constant([1, 2, 3]);
    const programs = [
      of([2, 3], (x) => core.sum(x, { axis: 0 })),
      of([3, 2], (x) => core.sum(x, { axis: 0 })),
      of([2, 3], (x) => core.sum(x, { axis: 1 })),
      of([2, 3], (x) => core.add(x, 0)),
      of([2, 3], (x) => core.add(x, -0)),
      of([2, 3], (x) => core.add(x, literal())),
      of([2, 3], (x) => core.add(x, literal())),
    ];
    expect(new Set(programs.map(programKey)).size).toBe(programs.length);
  });
});
