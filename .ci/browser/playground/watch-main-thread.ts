import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds in which the thread had a processor. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

export interface Watched {
  /** Milliseconds of processor time of every task of the page's main thread. */
  readonly tasks: readonly number[];
  /** Milliseconds in which that thread, or the one that it hands its pictures to, was ready and had to wait for a processor. */
  readonly waited: number;
}

/** What the main thread of a page does while `during` runs. */
export async function watchMainThread(page: Page, during: () => Promise<void>): Promise<Watched> {
  const session = await page.context().newCDPSession(page);
  const renderer = (await tracedWhile(session, async () => undefined)).pid;
  const before = waitedOf(renderer);
  const { tasks } = await tracedWhile(session, during);
  return { tasks, waited: waitedOf(renderer) - before };
}

type Session = Awaited<ReturnType<ReturnType<Page['context']>['newCDPSession']>>;

async function tracedWhile(session: Session, during: () => Promise<void>) {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }) => void events.push(...(value as TraceEvent[]));
  session.on('Tracing.dataCollected', collect);
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline'] },
  });
  await during();
  // The thread has done something for certain, and can be told by it.
  await session.send('Runtime.evaluate', {
    expression: 'new Promise(requestAnimationFrame)',
    awaitPromise: true,
  });
  await session.send('Tracing.end');
  await complete;
  session.off('Tracing.dataCollected', collect);
  const threads = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const tasksIn = ({ pid, tid }: TraceEvent) =>
    events.filter(
      (event) => event.pid === pid && event.tid === tid && event.ph === 'X' && /RunTask$/.test(event.name),
    );
  const [main] = threads
    .map((thread) => ({ pid: thread.pid, found: tasksIn(thread) }))
    .sort((a, b) => b.found.length - a.found.length);
  if (main === undefined) throw new Error('the trace has no main thread of a page');
  return { pid: main.pid, tasks: main.found.map(({ tdur = 0 }) => tdur / 1000) };
}

/** The second number of schedstat is nanoseconds on a run queue. */
function waitedOf(process: number): number {
  const folder = `/proc/${process}/task`;
  return readdirSync(folder)
    .filter((thread) => thread === String(process) || /^Compositor$/.test(nameOf(`${folder}/${thread}`)))
    .reduce(
      (sum, thread) =>
        sum + Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e6,
      0,
    );
}

function nameOf(thread: string): string {
  return readFileSync(`${thread}/comm`, 'utf8').trim();
}
