import { RankError } from '@pullback/core';
import type { Koffi } from './koffi.ts';
import type { Mpi } from './library.ts';

/** Something that MPI does while other things are done; its memory stays where it is until it is done. */
export interface Request {
  /** Whether it is done. @throws RankError */
  test(): boolean;
}

type Floats = Float32Array | Float64Array;

/** The functions of MPI that are called, with the world as communicator. All are called from the thread that made this. */
export interface Calls {
  readonly rank: number;
  readonly size: number;
  /** Begins to replace numbers by their sums. */
  sum(numbers: Floats): Request;
  /** Begins to give the bytes that lie one after the other, counts[r] of them, to rank r. All arrays are `stable`. */
  exchange(
    outgoing: Uint8Array,
    counts: Int32Array,
    incoming: Uint8Array,
    incomingCounts: Int32Array,
  ): Request;
  /** Lets other processes have the processor. @param long whether this one has waited long, and may sleep. */
  yield(long: boolean): void;
  finalize(): void;
  /** Ends all processes. */
  abort(code: number): void;
}

/** MPI_THREAD_FUNNELED: only the thread that initialises calls MPI. */
const funneled = 1;

/** Microseconds for which a rank sleeps that has waited long, or where there are fewer cores than ranks: one that computes needs its core. */
const nap = 100;

/** Initialises MPI. @param crowded whether there are fewer cores than ranks. @throws RankError with MPI's own words. */
export function initialise(koffi: Koffi, mpi: Mpi, crowded: boolean): Calls {
  const { library, handle: h } = mpi;
  const bind = (name: string, parameters: string) => {
    const call = library.func(`int ${name}(${parameters})`);
    return (...given: readonly unknown[]) => {
      const code = Number(call(...given));
      if (code !== 0) throw new RankError({ got: `${name}: ${wordsFor(code)}` });
    };
  };
  const errorString = library.func('int MPI_Error_string(int code, void* text, void* length)');
  const wordsFor = (code: number): string => {
    const [text, length] = [new Uint8Array(8192), new Int32Array(32)];
    errorString(code, text, length);
    return new TextDecoder().decode(text.subarray(0, length[0]));
  };
  const number = new Int32Array(32);
  bind('MPI_Init_thread', 'void* argc, void* argv, int wanted, void* provided')(null, null, funneled, number);
  bind('MPI_Comm_set_errhandler', `${h} comm, ${h} handler`)(mpi.world, mpi.errorsReturn);
  const asked = (name: string): number => {
    bind(name, `${h} comm, void* number`)(mpi.world, number);
    return number[0] ?? 0;
  };
  const [rank, size] = [asked('MPI_Comm_rank'), asked('MPI_Comm_size')];
  const reduce = bind(
    'MPI_Iallreduce',
    `uintptr_t from, void* to, int count, ${h} type, ${h} op, ${h} comm, void* request`,
  );
  const alltoall = bind(
    'MPI_Ialltoallv',
    `void* from, void* counts, void* places, ${h} type, void* to, void* toCounts, void* toPlaces, ${h} toType, ${h} comm, void* request`,
  );
  const test = bind('MPI_Test', 'void* request, void* done, uintptr_t status');
  const requestOf = (held: readonly unknown[], begin: (request: Int32Array) => void): Request => {
    const request = stable(2);
    begin(request);
    return {
      test: () => {
        test(request, number, mpi.statusIgnore);
        return held.length > 0 && number[0] !== 0;
      },
    };
  };
  const openAbort = bind('MPI_Abort', `${h} comm, int code`);
  const finalize = bind('MPI_Finalize', '');
  const c = koffi.load('libc.so.6', { global: false, lazy: true });
  const leave = c.func('void _exit(int code)');
  // MPICH's own ends by exit(), which Node does not survive where it comes from; its launcher ends all when one ends like this.
  const abort = (code: number) => (h === 'int' ? leave(code) : openAbort(mpi.world, code));
  const [giveWay, sleep] = [c.func('int sched_yield()'), c.func('int usleep(uint32_t microseconds)')];
  return {
    rank,
    size,
    sum: (numbers) =>
      requestOf([numbers], (request) => {
        const type = numbers instanceof Float32Array ? mpi.float : mpi.double;
        // A small array leaves what the garbage collector moves when its buffer is asked for.
        void numbers.buffer;
        reduce(mpi.inPlace, numbers, numbers.length, type, mpi.sum, mpi.world, request);
      }),
    exchange: (outgoing, counts, incoming, incomingCounts) => {
      const [places, incomingPlaces] = [placesOf(counts), placesOf(incomingCounts)];
      const held = [outgoing, counts, places, incoming, incomingCounts, incomingPlaces];
      return requestOf(held, (request) => {
        const { byte, world } = mpi;
        alltoall(
          outgoing,
          counts,
          places,
          byte,
          incoming,
          incomingCounts,
          incomingPlaces,
          byte,
          world,
          request,
        );
      });
    },
    yield: (long) => void (crowded || long ? sleep(nap) : giveWay()),
    finalize: () => finalize(),
    abort: (code) => void abort(code),
  };
}

/** Integers that the garbage collector does not move: a small array without a buffer of its own would lie on the heap. */
export function stable(length: number): Int32Array<ArrayBuffer> {
  return new Int32Array(new ArrayBuffer(4 * length));
}

/** Where each begins that lies behind the ones before. */
function placesOf(counts: Int32Array): Int32Array {
  const places = stable(counts.length);
  for (let i = 1; i < counts.length; i++) places[i] = (places[i - 1] ?? 0) + (counts[i - 1] ?? 0);
  return places;
}
