import { answers, nameOf } from './cache.ts';
import type { Host } from './host.ts';

/** The answer of a compiler, or whether there is no use in asking it otherwise. */
export type Answer = { readonly text: string } | { readonly ends: boolean };

/**
 * The answer of `command` to those flags, as an earlier process got it, else by `ask`. It is kept as long as the program's file and the processor's features stay the same:
 * to ask takes as long as to build the C of a small net.
 */
export function answerOf(
  host: Host,
  folder: string | undefined,
  command: string,
  given: readonly string[],
  ask: () => Answer,
): Answer {
  const file = folder === undefined ? undefined : fileOf(host, folder, command, given);
  if (file === undefined) return ask();
  const { fs, path } = host;
  try {
    const kept = fs.readFileSync(file, 'utf8');
    if (kept.endsWith(complete)) return { text: kept.slice(0, -complete.length) };
  } catch {
    // Nobody has asked yet.
  }
  const answer = ask();
  if (!('text' in answer)) return answer;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const made = `${file}.${host.process.pid}`;
    fs.writeFileSync(made, `${answer.text}${complete}`);
    fs.renameSync(made, file);
  } catch {
    // It is asked again next time.
  }
  return answer;
}

/** The end of an answer that was written whole. */
const complete = '\n/* complete */\n';

/** Where its answer is kept; undefined where the program or the processor cannot be told apart from others. */
function fileOf(host: Host, folder: string, command: string, given: readonly string[]): string | undefined {
  const { fs, path } = host;
  try {
    const program = fs.realpathSync(programOf(host, command));
    const { size, mtimeMs, ino } = fs.statSync(program);
    const key = [command, ...given, program, size, mtimeMs, ino, processorOf(host)].join('\n');
    return path.join(folder, answers, nameOf(host, key));
  } catch {
    return undefined;
  }
}

/** The file that a command starts. @throws Error where no folder of PATH has it. */
function programOf({ fs, path, process }: Host, command: string): string {
  if (command.includes('/')) return command;
  const found = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((each) => path.join(each, command))
    .find((each) => fs.existsSync(each));
  if (found === undefined) throw new Error(`${command} is not in PATH`);
  return found;
}

/** The features of this processor, where the system lists them. @throws Error where it does not. */
function processorOf({ fs }: Host): string {
  const [first = ''] = fs.readFileSync('/proc/cpuinfo', 'utf8').split('\n\n');
  const names = /^(vendor_id|cpu family|model|stepping|flags|Features|CPU )/; // of x86, and of ARM
  return first
    .split('\n')
    .filter((line) => names.test(line))
    .join('\n');
}
