import {
  and,
  fill,
  flip,
  moveAxis,
  OptionError,
  reshape,
  ShapeError,
  sameShape,
  select,
  squeeze,
  stack,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { types } from '../element-types.ts';
import { hostNumbers } from '../host-numbers.ts';
import { int64, needing, type OperatorNode, type Operators, type Typed } from '../operator-node.ts';
import { along, axisOf, range } from './axes.ts';

/** Loops of more trips are refused: every trip is a part of the graph. */
const mostTrips = 10_000;

/** The branch that is taken, where that is known; else both, and what the condition chooses of their results. */
function branches(node: OperatorNode): readonly Typed[] {
  const condition = node.x(0);
  const known = hostNumbers(condition)?.data[0];
  const run = (name: string) => node.around.run(node.graph(name), []);
  if (known !== undefined) return run(known === 0 ? 'else_branch' : 'then_branch');
  const [yes, no] = [built(() => run('then_branch')), built(() => run('else_branch'))];
  return yes.map((one, i) => chosen(condition, one, no[i]));
}

/** A branch beside another: where it cannot be built, the condition was meant to be known. */
function built(run: () => readonly Typed[]): readonly Typed[] {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new UnsupportedError({
      got: `a branch that cannot be built for these inputs: ${error.got}`,
      expected: 'two branches that can, or a condition that is known',
      hint: 'Give the inputs that the condition follows from as `known`.',
    });
  }
}

function chosen(condition: Value, yes: Typed, no: Typed | undefined): Typed {
  if (no === undefined || !sameShape(yes.value.shape, no.value.shape) || yes.value.dtype !== no.value.dtype)
    throw new UnsupportedError({
      got: 'branches of different shapes under a condition that is not known before',
      expected: 'one shape, or a condition that is known',
    });
  return { value: select(reshape(condition, []), yes.value, no.value), type: yes.type };
}

function checkTrips(trips: number): void {
  if (trips > mostTrips)
    throw new OptionError({ got: `${trips} trips of a loop`, expected: `at most ${mostTrips}` });
}

/**
 * A loop, unrolled. Where its condition is not known before, it runs to the bound of its trips, and what comes after the condition has failed
 * changes nothing.
 */
function loop(node: OperatorNode): readonly Typed[] {
  const body = node.graph('body');
  const bound = node.has(0) ? hostNumbers(node.x(0))?.data[0] : Infinity;
  if (bound === undefined)
    throw new UnsupportedError({
      got: 'a loop whose number of trips is not known',
      expected: 'a known bound',
    });
  const scans = node.proto.output.length - (node.inputs.length - 2);
  let state = range(node.inputs.length - 2, 2).map((i) => node.typed(i));
  let going: Value = node.has(1) ? reshape(node.x(1), []) : fill(1, [], 'bool');
  const shown: Typed[][] = range(scans).map(() => []);
  const trip = (i: number) =>
    node.around.run(body, [int64(fill(i, [], 'int32')), { value: going, type: types.bool }, ...state]);
  let i = 0;
  for (; i < bound && hostNumbers(going)?.data[0] !== 0; i++) {
    checkTrips(i + 1);
    const known = hostNumbers(going) !== undefined;
    if (!known && (scans > 0 || bound === Infinity))
      throw new UnsupportedError({
        got: `a loop that ends by what it computes, ${scans > 0 ? 'with results of every trip' : 'without a bound'}`,
        expected: 'a number of trips that is known',
      });
    const [next, ...made] = trip(i);
    const before = state;
    state = made.slice(0, state.length).map((one, k) => {
      const old = before[k];
      return known || old === undefined ? one : chosen(going, one, old);
    });
    made.slice(state.length).forEach((one, k) => {
      shown[k]?.push(one);
    });
    const goes = reshape(next?.value ?? going, []);
    going = known ? goes : and(going, goes);
  }
  // Of no trips the shapes are those of one that nobody uses.
  const like = i === 0 && scans > 0 ? trip(0).slice(1 + state.length) : [];
  return [...state, ...shown.map((each, k) => stacked(each, like[k]))];
}

function stacked(each: readonly Typed[], like: Typed | undefined): Typed {
  const [first = like] = each;
  if (first === undefined) throw new OptionError({ got: 'no results', expected: 'those of a trip' });
  if (each.length === 0)
    return { value: fill(0, [0, ...first.value.shape], first.value.dtype), type: first.type };
  return { value: stack(each.map(({ value }) => value)), type: first.type };
}

/** A scan, unrolled; version 8 has an axis of samples in front of everything, each scanned on its own. */
function scan(node: OperatorNode): readonly Typed[] {
  const batched = node.opset < 9;
  if (batched && node.has(0))
    throw new UnsupportedError({ got: 'a Scan with lengths of sequences', expected: 'one without' });
  const inputs = range(node.inputs.length - Number(batched), Number(batched)).map((i) => node.typed(i));
  const states = inputs.length - node.int('num_scan_inputs', 1);
  if (!batched) return scanned(node, inputs.slice(0, states), inputs.slice(states));
  const samples = inputs[0]?.value.shape[0] ?? 0;
  const each = range(samples).map((i) => {
    const own = inputs.map(({ value, type }) => ({ value: cut(value, 0, i), type }));
    return scanned(node, own.slice(0, states), own.slice(states));
  });
  return (each[0] ?? []).map((_, k) =>
    stacked(
      each.flatMap((made) => made[k] ?? []),
      undefined,
    ),
  );
}

/** The place `i` of an axis, which is left out. */
function cut(x: Value, axis: number, i: number): Value {
  return squeeze(along(x, axis, i, i + 1), axis);
}

function scanned(node: OperatorNode, start: readonly Typed[], over: readonly Typed[]): readonly Typed[] {
  const own = (name: string, i: number) => node.ints(name)?.[i] ?? 0;
  const axes = over.map(({ value }, i) => axisOf(own('scan_input_axes', i), value.shape.length));
  const trips = over[0]?.value.shape[axes[0] ?? 0] ?? 0;
  checkTrips(trips);
  if (over.some(({ value }, i) => value.shape[axes[i] ?? 0] !== trips))
    throw new ShapeError({ got: 'scanned inputs of different lengths', expected: `${trips} places each` });
  const directions = node.opset < 9 ? 'directions' : 'scan_input_directions';
  let state: readonly Typed[] = start;
  const shown: Typed[][] = [];
  for (const trip of range(trips)) {
    const parts = over.map(({ value, type }, i) => {
      const place = own(directions, i) === 1 ? trips - 1 - trip : trip;
      return { value: cut(value, axes[i] ?? 0, place), type };
    });
    const made = node.around.run(node.graph('body'), [...state, ...parts]);
    state = made.slice(0, start.length);
    made.slice(start.length).forEach((one, k) => {
      shown[k] = [...(shown[k] ?? []), one];
    });
  }
  const results = shown.map((each, k) => {
    const { value, type } = stacked(each, undefined);
    const turned = own('scan_output_directions', k) === 1 ? flip(value, 0) : value;
    return { value: moveAxis(turned, 0, axisOf(own('scan_output_axes', k), value.shape.length)), type };
  });
  return [...state, ...results];
}

/** Conditions, loops and scans. */
export const control: Operators = {
  If: branches,
  Loop: needing([0], loop),
  Scan: scan,
};
