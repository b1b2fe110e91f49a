import { type Code, types } from '../encoding.ts';
import { branchIf, choose, get, i32, loop, set, tee, v128, when } from '../instructions.ts';
import type { Locals, ModuleBuilder } from '../module.ts';
import type { Floats } from './floats.ts';
import { clip, type Nest, type NestAxis, type Reached, reach, settle } from './nest.ts';
import { plus, times } from './strided.ts';

// Packing of what one stride a line and one a step cannot say: windows, and what is 0 outside of bounds. Its functions are given (to, base, line, step,
// count, and the batch where a bound depends on it), and go through the steps in runs along their last axis.

const [to, base, line, step, count, batch] = [0, 1, 2, 3, 4, 5];
const nothing = i32.const(0);

const parametersOf = (nest: Nest) => Array.from({ length: nest.batched ? 6 : 5 }, () => types.i32);

/** A run of steps: how far its first one is, in bytes and in each bound, and how many there are. */
interface Run extends Reached {
  readonly length: Code;
  /** Bytes from step to step. */
  readonly pace: number;
}

/** `body` for each run of the steps that are asked for. */
function overRuns(locals: Locals, { bytes }: Floats, nest: Nest, body: (run: Run) => Code): Code {
  const last: NestAxis = nest.steps.at(-1) ?? { extent: 1, stride: 0, bounds: [] };
  const local = () => locals.make(types.i32);
  const [outer, along, length, far] = [local(), local(), local(), local()];
  const reached = reach(locals, nest.steps.slice(0, -1), get(outer), bytes, nest.bounds.length);
  const places = nest.bounds.map(local);
  const left = i32.sub(i32.const(last.extent), get(along));
  return loop(
    nest.steps.length === 1
      ? [set(along, get(step)), set(length, get(count))]
      : [
          set(outer, i32.divU(get(step), i32.const(last.extent))),
          set(along, i32.sub(get(step), times(get(outer), last.extent))),
          set(length, choose(left, get(count), i32.ltS(left, get(count)))),
        ],
    reached.code,
    set(far, i32.add(reached.to.bytes, times(get(along), last.stride * bytes))),
    places.map((place, b) =>
      set(place, i32.add(reached.to.bounds[b] ?? nothing, times(get(along), last.bounds[b] ?? 0))),
    ),
    body({ bytes: get(far), bounds: places.map(get), length: get(length), pace: last.stride * bytes }),
    set(step, i32.add(get(step), get(length))),
    branchIf(0, i32.gtS(tee(count, i32.sub(get(count), get(length))), nothing)),
  );
}

/** A line: the address of its first step, and its places in the bounds, in locals. */
class Line {
  readonly from: number;
  readonly starts: readonly number[];
  readonly find: Code;

  constructor(
    locals: Locals,
    { bytes }: Floats,
    readonly nest: Nest,
    index: Code,
  ) {
    this.from = locals.make(types.i32);
    this.starts = nest.bounds.map(() => locals.make(types.i32));
    const reached = reach(locals, nest.lines, index, bytes, nest.bounds.length);
    this.find = [
      reached.code,
      set(this.from, i32.add(get(base), reached.to.bytes)),
      nest.bounds.map(({ start }, b) =>
        set(this.starts[b] ?? 0, i32.add(start(get(batch)), reached.to.bounds[b] ?? nothing)),
      ),
    ];
  }

  /** Sets `low` and `high` further to the steps of a run that exist. */
  clip(low: number, high: number, run: Run, place: number): Code {
    return this.nest.bounds.map(({ extent }, b) => [
      set(place, i32.add(get(this.starts[b] ?? 0), run.bounds[b] ?? nothing)),
      clip(low, high, place, this.nest.steps.at(-1)?.bounds[b] ?? 0, extent),
    ]);
  }

  /** Whether the step `at` of a run exists. */
  has(at: Code, run: Run): Code {
    const [first = i32.const(1), ...others] = this.nest.bounds.map(({ extent }, b) => {
      const pace = times(at, this.nest.steps.at(-1)?.bounds[b] ?? 0);
      const place = i32.add(i32.add(get(this.starts[b] ?? 0), run.bounds[b] ?? nothing), pace);
      return i32.ltU(place, i32.const(extent));
    });
    return others.reduce((all, one) => i32.and(all, one), first);
  }
}

/** to[k] = the k-th step of one line, from `step` on. Vectors are stored whole: what they write behind their end is written again. */
export function defineLinePacking(module: ModuleBuilder, floats: Floats, nest: Nest): number {
  const { bytes } = floats;
  return module.define({ parameters: parametersOf(nest) }, (locals) => {
    const local = () => locals.make(types.i32);
    const [low, high, source, end, place] = [local(), local(), local(), local(), local()];
    const own = new Line(locals, floats, nest, get(line));
    /** From `to` up to `end`. */
    const fill = (size: number, store: Code, pace = 0): Code =>
      when(
        i32.ltU(get(to), get(end)),
        loop(
          store,
          pace === 0 ? [] : set(source, plus(get(source), pace)),
          branchIf(0, i32.ltU(tee(to, plus(get(to), size)), get(end))),
        ),
      );
    const zeros = (upTo: Code): Code => [
      set(end, upTo),
      fill(16, v128.store(get(to), floats.zero)),
      set(to, get(end)),
    ];
    const elements = (pace: number): Code => [
      pace === bytes
        ? fill(16, v128.store(get(to), v128.load(get(source))), 16)
        : fill(bytes, floats.copyOne(get(to), 0, get(source), 0), pace),
      set(to, get(end)),
    ];
    return [
      own.find,
      overRuns(locals, floats, nest, (run) => {
        const first = i32.add(get(own.from), run.bytes);
        const after = (steps: Code): Code => i32.add(get(to), times(steps, bytes));
        if (nest.bounds.length === 0)
          return [set(source, first), set(end, after(run.length)), elements(run.pace)];
        return [
          set(low, nothing),
          set(high, run.length),
          own.clip(low, high, run, place),
          settle(low, high),
          zeros(after(get(low))),
          set(source, i32.add(first, times(get(low), run.pace))),
          set(end, after(i32.sub(get(high), get(low)))),
          elements(run.pace),
          zeros(after(i32.sub(run.length, get(high)))),
        ];
      }),
    ];
  });
}

/** to[k pitch + x] = the k-th step, from `step` on, of line `line` + x, for x < width. */
export function defineStepPacking(
  module: ModuleBuilder,
  floats: Floats,
  nest: Nest,
  { width, pitch }: { readonly width: number; readonly pitch: number },
): number {
  const { bytes, lanes } = floats;
  return module.define({ parameters: parametersOf(nest) }, (locals) => {
    const local = () => locals.make(types.i32);
    const all = Array.from({ length: width }, (_, x) => new Line(locals, floats, nest, plus(get(line), x)));
    const [areNeighbours, low, high, place] = [local(), local(), local(), local()];
    const [at, stop, far] = [local(), local(), local()];
    const firstFrom = all[0]?.from ?? 0;
    const mayBeNeighbours = nest.lines.at(-1)?.stride === 1;
    const upTo = (end: Code, pace: number, body: Code): Code =>
      loop(
        body,
        set(to, plus(get(to), pitch * bytes)),
        set(far, plus(get(far), pace)),
        branchIf(0, i32.ltS(tee(at, plus(get(at), 1)), end)),
      );
    const element = ({ from }: Line, x: number): Code =>
      floats.copyOne(get(to), x * bytes, i32.add(get(from), get(far)), 0);
    const vectors = Array.from({ length: Math.ceil(width / lanes) }, (_, i) =>
      v128.store(get(to), v128.load(i32.add(get(firstFrom), get(far)), i * 16), i * 16),
    );
    return [
      all.map(({ find }) => find),
      mayBeNeighbours
        ? set(
            areNeighbours,
            all
              .map(({ from }, x) => i32.eq(get(from), plus(get(firstFrom), x * bytes)))
              .reduce((yes, one) => i32.and(yes, one)),
          )
        : [],
      overRuns(locals, floats, nest, (run) => {
        const plain = mayBeNeighbours
          ? when(
              get(areNeighbours),
              upTo(get(high), run.pace, vectors),
              upTo(get(high), run.pace, all.map(element)),
            )
          : upTo(get(high), run.pace, all.map(element));
        const begin = [set(at, nothing), set(far, run.bytes), set(low, nothing), set(high, run.length)];
        if (nest.bounds.length === 0) return [begin, plain];
        const checked = all.map((one, x) =>
          when(one.has(get(at), run), element(one, x), floats.storeZero(get(to), x * bytes)),
        );
        return [
          begin,
          all.map((one) => one.clip(low, high, run, place)),
          settle(low, high),
          // From `low` up to `high` every line has its steps; before and behind each is asked.
          loop(
            set(
              stop,
              choose(get(low), run.length, i32.and(i32.ltS(get(at), get(low)), i32.ltS(get(low), get(high)))),
            ),
            when(
              i32.and(i32.eq(get(at), get(low)), i32.ltS(get(low), get(high))),
              plain,
              upTo(get(stop), run.pace, checked),
            ),
            branchIf(0, i32.ltS(get(at), run.length)),
          ),
        ];
      }),
    ];
  });
}
