import { type Code, types } from '../encoding.ts';
import { branch, branchIf, call, drop, get, i32, loop, set, tee, when } from '../instructions.ts';
import type { ModuleBuilder } from '../module.ts';
import type { meeting as places } from './control.ts';
import { type Around, copyOf, givenTo, overSteps, type Part } from './parts.ts';

interface Work {
  readonly threads: number;
  /** Where they meet. Given: this module is loaded when it is wanted, and shares no file with what always is. */
  readonly meeting: typeof places;
  /** The scratch memory of a thread. */
  readonly scratch: (thread: Code) => Code;
  readonly onHost: Around['onHost'];
  readonly rowAt: Around['rowAt'];
  /** The code behind all kernels. */
  readonly last: Code;
}

/** Looks at the number of arrivals before a thread sleeps: some ten microseconds. */
const patience = 4000;

/**
 * The function `work` (thread, times, maySleep): the part of one thread in so many steps. Threads take neighbouring units of work of every wide kernel, the
 * first one does the narrow ones, and they meet where one does what another has made: what a unit computes does not depend on who computes it.
 */
export function defineWork(module: ModuleBuilder, parts: readonly Part[], work: Work): void {
  const { threads, meeting, scratch, onHost, rowAt, last } = work;
  const [thread, times, maySleep] = [get(0), get(1), get(2)];
  const place = (number: number): Code => i32.const(number * 4);
  const parameters = [types.i32, types.i32, types.i32];
  module.define({ parameters, name: 'work' }, (locals) => {
    const [awaited, arrived, spins] = [types.i32, types.i32, types.i32].map((type) => locals.make(type)) as [
      number,
      number,
      number,
    ];
    // Numbers of arrivals only grow, and may wrap round. Who waits long, because another thread has no processor, sleeps.
    const meet: Code = [
      drop(i32.atomicAdd(place(meeting.arrived), i32.const(1))),
      when(
        i32.atomicLoad(place(meeting.sleepers)),
        drop(i32.atomicNotify(place(meeting.arrived), i32.const(-1))),
      ),
      set(awaited, i32.add(get(awaited), i32.const(threads))),
      set(spins, i32.const(0)),
      loop(
        set(arrived, i32.atomicLoad(place(meeting.arrived))),
        when(i32.ltS(i32.sub(get(arrived), get(awaited)), i32.const(0)), [
          set(spins, i32.add(get(spins), i32.const(1))),
          when(i32.and(maySleep, i32.gtS(get(spins), i32.const(patience))), [
            drop(i32.atomicAdd(place(meeting.sleepers), i32.const(1))),
            drop(i32.atomicWait(place(meeting.arrived), get(arrived))),
            drop(i32.atomicAdd(place(meeting.sleepers), i32.const(-1))),
          ]),
          branch(1),
        ]),
      ),
    ];
    // Who has done something since threads met last.
    let since: 'nobody' | 'the first' | 'all' = 'nobody';
    const behind = (who: typeof since, code: Code): Code => {
      const meets = since === 'all' || (since === 'the first' && who === 'all');
      since = who;
      return meets ? [meet, code] : code;
    };
    const byFirst = (code: Code): Code => behind('the first', when(i32.eqz(thread), code));
    const stepsOf = (some: readonly Part[], moved?: Code): Code => some.map((part) => stepOf(part, moved));
    const stepOf = (part: Part, moved?: Code): Code => {
      const around = moved === undefined ? { rowAt } : { rowAt, moved };
      if ('host' in part) return byFirst(onHost(part.host));
      if ('loop' in part) {
        const copies = (list: typeof part.loop.before) => list.map((copy) => byFirst(copyOf(copy, around)));
        const before = copies(part.loop.before);
        // A round reads what the one before has made, whoever has made it.
        const meets = behind('all', []);
        const body = overSteps(part.loop, { locals, ...around }, (now) => {
          since = 'nobody';
          return [stepsOf(part.loop.parts, now), meet];
        });
        since = 'nobody';
        return [before, meets, body, copies(part.loop.after)];
      }
      const { index, units, divided } = part;
      const given = givenTo(part, around);
      if (units === 0) return [];
      if (!divided) return byFirst(call(index, i32.const(0), i32.const(units), scratch(thread), ...given));
      const share = (of: Code) => i32.divU(i32.mul(of, i32.const(units)), i32.const(threads));
      const [from, to] = [share(thread), share(i32.add(thread, i32.const(1)))];
      return behind('all', call(index, from, to, scratch(thread), ...given));
    };
    const steps = stepsOf(parts);
    const end = last.length === 0 ? [] : byFirst(last);
    return [
      set(awaited, i32.atomicLoad(place(meeting.base))),
      loop(
        steps,
        end,
        // The next step reads what this one has made, and nobody leaves before all are there.
        meet,
        branchIf(0, tee(1, i32.sub(times, i32.const(1)))),
      ),
    ];
  });
}
