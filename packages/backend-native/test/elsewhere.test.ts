import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpu } from '@pullback/backend-cpu';
import { compile, matmul, tanh } from '@pullback/core';
import { afterAll, expect, test } from 'vitest';
import { describeNative } from './available.ts';
import { numbers } from './elsewhere.ts';

const root = mkdtempSync(join(tmpdir(), 'native-elsewhere-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const script = fileURLToPath(new URL('./elsewhere.ts', import.meta.url));

/** Programs that are not everywhere: named by the variable, or on the PATH. */
function found(variable: string, command: string): string | undefined {
  const program = process.env[variable] ?? command;
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0 ? program : undefined;
}

const bun = found('BUN', 'bun');
const deno = found('DENO', 'deno');
const clang = found('CLANG', 'clang');

const source = '--conditions=@pullback/source';
const asked = ['env', 'read', 'write', 'ffi', 'run'].map((permission) => `--allow-${permission}`);

function run(program: string, flags: readonly string[]): number[] {
  const said = execFileSync(program, [...flags, script, root], { encoding: 'utf8', stdio: 'pipe' });
  return JSON.parse(said);
}

describeNative('the same bits', () => {
  test('are near what the reference computes', async () => {
    const values = await numbers({ cache: root });
    expect(values.length).toBe(16 * 33 + 48 * 33);
    const given = (size: number) =>
      Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 101) / 101 - 0.5);
    const reference = cpu();
    const step = await compile((x, w) => [tanh(matmul(x, w))], {
      inputs: [
        [16, 48],
        [48, 33],
      ],
      backend: reference,
    });
    let w = given(48 * 33);
    let y = new Float32Array();
    for (let i = 0; i < 3; i++) {
      const [made] = await step({ shape: [16, 48], data: given(16 * 48) }, { shape: [48, 33], data: w });
      y = Float32Array.from(made?.data ?? []);
      const moved = y.reduce((sum, each) => sum + each, 0) * 0.01;
      w = w.map((each) => each + moved);
    }
    for (const [i, each] of [...y, ...w].entries()) expect(values[i]).toBeCloseTo(each, 3);
  });

  test.skipIf(bun === undefined)('come from Bun', async () => {
    expect(run(bun ?? '', [source])).toEqual(await numbers({ cache: root }));
  });

  test.skipIf(deno === undefined)('come from Deno, which says what it was not allowed', async () => {
    const all = ['run', '--no-prompt', source, ...asked];
    expect(run(deno ?? '', all)).toEqual(await numbers({ cache: root }));
    const without = (flag: string) => () =>
      run(
        deno ?? '',
        all.filter((each) => each !== flag),
      );
    expect(without('--allow-ffi')).toThrow(/no koffi[\s\S]*ffi access/);
    expect(without('--allow-run')).toThrow(/no C compiler[\s\S]*--allow-run/);
  });

  test.skipIf(clang === undefined)('come from clang', async () => {
    expect(await numbers({ cache: root, compiler: clang ?? '' })).toEqual(await numbers({ cache: root }));
  });
});

const mayMount = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/bin/mount');

describeNative('a full disk', () => {
  test.skipIf(!mayMount)('is named, whether the C, its object or its checksum has no room', async () => {
    const disk = join(root, 'disk');
    mkdirSync(disk);
    // Containers may forbid it to root too.
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1M,mode=700', 'tmpfs', disk]).status !== 0) return;
    try {
      const failures: string[] = [];
      let free = 8;
      for (let done = false; !done; free += 12) {
        for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
        writeFileSync(join(disk, 'taken'), new Uint8Array((1024 - free) * 1024));
        done = await numbers({ cache: disk, threads: 1 }).then(
          (made) => made.length === 16 * 33 + 48 * 33,
          ({ message }: Error) => {
            failures.push(message);
            return false;
          },
        );
      }
      expect(failures.length).toBeGreaterThan(3);
      for (const failure of failures) {
        expect(failure).toMatch(/no space left/i);
        expect(failure).toContain(disk);
        expect(failure).toMatch(/'wasm' needs none/);
      }
      expect(failures.some((failure) => failure.includes('room for C'))).toBe(true);
      expect(failures.some((failure) => failure.includes('failed'))).toBe(true);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
