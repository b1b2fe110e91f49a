import { Session } from 'node:inspector';

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

const session = new Session();
session.connect();
post('Profiler.enable');
// From here on and for good: only functions that are compiled while it counts have counters in their blocks.
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

function post(method: string, parameters: object = {}): unknown {
  let answer: unknown;
  session.post(method, parameters, (error, result) => {
    if (error !== null) throw error;
    answer = result;
  });
  return answer;
}

/** How often the blocks of code of this repository's packages ran since the last call: functions, branches and the rounds of loops, each as one. */
function counted(): number {
  const { result } = post('Profiler.takePreciseCoverage') as Coverage;
  return result
    .filter(({ url }) => /packages\/[\w-]+\/(src|dist)\//.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}

/** How much more work `f` is for twice of what it is given. */
export function growth(f: (n: number) => void, n: number): number {
  counted();
  f(n);
  const once = counted();
  f(2 * n);
  return counted() / once;
}
