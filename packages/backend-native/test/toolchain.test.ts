import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  add,
  compile,
  exp,
  matmul,
  placeholder,
  RandomStream,
  softmax,
  sum,
  tanh,
  trace,
  transpose,
  type Value,
} from '@pullback/core';
import { afterAll, describe, expect, test } from 'vitest';
import { native } from '../src/index.ts';
import { type Answer, answerOf } from '../src/toolchain/answers.ts';
import { hostOf } from '../src/toolchain/host.ts';
import { koffiOf } from '../src/toolchain/library.ts';
import { describeNative } from './available.ts';

const root = mkdtempSync(join(tmpdir(), 'native-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
const folder = () => join(root, `cache-${made++}`);

/** A compiler that says what the real one says of itself, and then does that. */
function pretending(body: string): string {
  const path = join(root, `cc-${made++}`);
  writeFileSync(path, `#!/bin/sh\ncase "$*" in *-dM*) exec cc "$@";; esac\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** 1 + 2 on a backend with these options. */
async function three(options: Parameters<typeof native>[0]): Promise<number | undefined> {
  const backend = native({ optimize: 0, ...options });
  const run = await compile((x, y) => [add(x, y)], { inputs: [[], []], backend });
  return (await run(1, 2))[0]?.data[0];
}

/** Compiled code, apart from the answers of compilers. */
const entries = (cache: string) =>
  readdirSync(cache)
    .filter((name) => name !== 'compilers')
    .map((name) => join(cache, name));

test('without koffi the error says how to get it', () => {
  const host = hostOf();
  const modules = Object.assign(Object.create(host.modules), {
    createRequire: () => () => {
      throw new Error("Cannot find module 'koffi'");
    },
  });
  expect(() => koffiOf({ ...host, modules })).toThrow(/no koffi[\s\S]*npm install koffi/);
});

describeNative('a compiler', () => {
  test('that is not there: what to install, and which backend needs none', () => {
    expect(() => native({ compiler: '/nowhere/cc' })).toThrow(
      /no C compiler[\s\S]*apt install gcc[\s\S]*'wasm'/,
    );
  });

  test('that fails: its message, and where the source stays', async () => {
    const compiler = pretending('echo "internal compiler error: segfault" >&2; exit 4');
    const failure = await three({ compiler, cache: folder() }).catch(({ message }: Error) => message);
    expect(failure).toMatch(/internal compiler error: segfault[\s\S]*source stays in[\s\S]*'wasm'/);
    const [, kept = ''] = /source stays in (\S+)\./.exec(String(failure)) ?? [];
    expect(readFileSync(join(kept, '0.c'), 'utf8')).toContain('kernel_0');
  });

  test('that hangs is ended, with what it began', async () => {
    const mark = join(root, `hung-${made++}`);
    const compiler = pretending(`(sleep 5; touch ${mark}) & sleep 60`);
    await expect(three({ compiler, cache: folder(), timeout: 1 })).rejects.toThrow(/took longer than 1 s/);
    await new Promise((resolve) => setTimeout(resolve, 4500));
    expect(existsSync(mark)).toBe(false);
  }, 20_000);

  test('that finds a full disk says so', async () => {
    const compiler = pretending('echo "No space left on device" >&2; exit 1');
    await expect(three({ compiler, cache: folder() })).rejects.toThrow(/No space left on device/);
  });

  test('that failed is asked again', async () => {
    const flag = join(root, `flag-${made++}`);
    const compiler = pretending(`if [ -e ${flag} ]; then exec cc "$@"; fi; touch ${flag}; exit 1`);
    const backend = native({ compiler, cache: folder(), optimize: 0 });
    const x = placeholder({ shape: [], dtype: 'float32' }, 'x');
    const program = trace([x], [add(x, 1)]);
    await expect(backend.compile(program)).rejects.toThrow(/failed/);
    await backend.compile(program);
  });
});

test.runIf(existsSync('/proc/cpuinfo'))(
  'a compiler’s answer is kept until its program changes, and asked for anew where it is cut off',
  () => {
    const [host, kept, program] = [hostOf(), folder(), join(root, `cc-${made++}`)];
    writeFileSync(program, 'one');
    let asked = 0;
    const ask = (given: string[] = ['-E'], answer: Answer = { text: `answer ${++asked}\n` }) =>
      answerOf(host, kept, program, given, () => answer);
    expect(ask()).toEqual({ text: 'answer 1\n' });
    expect(ask()).toEqual({ text: 'answer 1\n' });
    expect(ask(['-E', '-v'])).toEqual({ text: 'answer 3\n' });
    writeFileSync(program, 'another');
    expect(ask()).toEqual({ text: 'answer 4\n' });
    const answers = readdirSync(join(kept, 'compilers')).map((name) => join(kept, 'compilers', name));
    expect(answers.length).toBe(3);
    for (const file of answers) writeFileSync(file, 'answ');
    expect(ask()).toEqual({ text: 'answer 5\n' });
    expect(ask()).toEqual({ text: 'answer 5\n' });
    // A failure is not kept, nor is anything without a folder.
    expect(ask(['-w'], { ends: false })).toEqual({ ends: false });
    expect(ask(['-w'])).toEqual({ text: 'answer 7\n' });
    expect(answerOf(host, undefined, program, ['-E'], () => ({ text: 'asked' }))).toEqual({
      text: 'asked',
    });
  },
);

describeNative('the folder of compiled code', () => {
  test('is the own user’s alone, and serves the next backend', async () => {
    const cache = folder();
    const counting = pretending(`echo x >> ${root}/count; exec cc "$@"`);
    expect(await three({ cache, compiler: counting })).toBe(3);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    const before = readFileSync(join(root, 'count'), 'utf8').length;
    expect(await three({ cache, compiler: counting })).toBe(3);
    expect(readFileSync(join(root, 'count'), 'utf8').length).toBe(before);
  });

  test('is not used where others may write, nor where it cannot be made', async () => {
    const open = folder();
    mkdirSync(open, { mode: 0o777 });
    chmodSync(open, 0o777);
    expect(await three({ cache: open })).toBe(3);
    expect(readdirSync(open)).toEqual([]);
    expect(await three({ cache: '/dev/null/cache' })).toBe(3);
    const x = placeholder({ shape: [], dtype: 'float32' }, 'x');
    expect(native({ cache: open }).explain(trace([x], [add(x, 1)]))).toMatch(
      /not kept: .* is open to other users/,
    );
  });

  test.each([
    ['an object that was cut off', 'object.so', (text: Buffer) => text.subarray(0, 1000)],
    ['an object that was changed', 'object.so', (text: Buffer) => Buffer.concat([text, Buffer.from('x')])],
    ['a source of another Program', 'source.c', (text: Buffer) => text.subarray(100)],
    ['no checksum', 'sum', () => Buffer.from('')],
  ])('%s is made again', async (_, file, change) => {
    const cache = folder();
    expect(await three({ cache })).toBe(3);
    const [entry = ''] = entries(cache);
    const path = join(entry, file);
    const changed = change(readFileSync(path));
    // Another file: what is loaded lies in the memory of this process as the old one.
    rmSync(path);
    writeFileSync(path, changed);
    expect(await three({ cache })).toBe(3);
    expect(entries(cache)).toEqual([entry]);
    expect(readFileSync(join(entry, 'source.c'), 'utf8')).toContain('kernel_0');
  });

  test('code for another processor or by other options is another entry', async () => {
    const cache = folder();
    await three({ cache });
    await three({ cache, optimize: 1 });
    const older = pretending('exec cc "$@"');
    writeFileSync(
      older,
      `#!/bin/sh\ncase "$*" in *-dM*) cc "$@" | grep -v AVX512; exit;; esac\nexec cc "$@"\n`,
    );
    expect(await three({ cache, compiler: older })).toBe(3);
    expect(entries(cache).length).toBe(3);
  });

  test('deterministic float32 has the same bits for vectors of 128, 256 and 512 bits', async () => {
    const cache = folder();
    const random = RandomStream.of(1, 'widths');
    const x = Float32Array.from({ length: 37 * 45 }, () => random.normal());
    const results = [];
    for (const missing of ['AVX\\|__FMA', 'AVX512\\|__FMA', 'nothing']) {
      const compiler = pretending('exec cc "$@"');
      writeFileSync(
        compiler,
        `#!/bin/sh\ncase "$*" in *-dM*) cc "$@" | grep -v '${missing}'; exit;; esac\nexec cc "$@"\n`,
      );
      const backend = native({ compiler, cache, optimize: 1, deterministic: true });
      const f = (a: Value) => [
        matmul(a, transpose(a)),
        softmax(a),
        sum(a, { axis: 0 }),
        sum(exp(a)),
        tanh(a),
      ];
      const run = await compile(f as never, { inputs: [[37, 45]], backend });
      results.push((await run({ shape: [37, 45], data: x })).map(({ data }) => data));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  }, 60_000);

  test('is the same for two that compile at once', async () => {
    const cache = folder();
    expect(await Promise.all([three({ cache }), three({ cache }), three({ cache })])).toEqual([3, 3, 3]);
    expect(entries(cache).length).toBe(1);
  });
});

describe('memory', () => {
  describeNative('that C knows by address', () => {
    test('stays as long as its binding, whatever the collector does', async () => {
      const backend = native({ optimize: 0, cache: folder() });
      const spec = { shape: [1000], dtype: 'float32' } as const;
      const x = placeholder(spec, 'x');
      const executable = await backend.compile(trace([x], [add(add(x, 1), 2)]));
      const buffer = backend.allocate(spec);
      const binding = executable.bind([buffer], [buffer]);
      for (let i = 0; i < 200; i++) {
        backend.free(backend.allocate({ shape: [1_000_000], dtype: 'float32' }));
        if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
        binding.run();
      }
      expect(new Set(await backend.read(buffer))).toEqual(new Set([600]));
    });
  });
});
