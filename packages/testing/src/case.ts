/** One examination: for vitest `test(c.name, c.run)`, for any other runner, or for `report`. */
export interface Case {
  readonly name: string;
  /** @throws ConformanceError when it is not passed. */
  run(): void | Promise<void>;
}

/** The finding of an examination: the smallest example, what was got and expected there, and how to see it again. */
export class ConformanceError extends Error {
  constructor(finding: {
    readonly what: string;
    readonly got: string;
    readonly expected: string;
    readonly at?: string;
  }) {
    const { what, got, expected, at } = finding;
    super([what, `expected ${expected}, got ${got}`, at].filter((line) => line !== undefined).join('\n  '));
    this.name = 'ConformanceError';
  }
}

/** A case whose errors are findings: one that was not expected is reported as what it is. */
export function guarded(name: string, run: () => void | Promise<void>): Case {
  return {
    name,
    run: async () => {
      try {
        await run();
      } catch (error) {
        throw error instanceof ConformanceError ? error : unexpected(error);
      }
    },
  };
}

/** An error that nothing asked for, as a finding. */
export function unexpected(error: unknown, at?: string): ConformanceError {
  return new ConformanceError({
    what: 'an error was thrown',
    got: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    expected: 'none',
    ...(at !== undefined && { at }),
  });
}

/** Runs cases one after the other, and prints a line for each. @returns those that failed, with their errors. */
export async function report(
  cases: Iterable<Case>,
  print: (line: string) => void = console.log,
): Promise<readonly { readonly name: string; readonly error: unknown }[]> {
  const failed: { name: string; error: unknown }[] = [];
  let count = 0;
  for (const { name, run } of cases) {
    count++;
    try {
      await run();
      print(`ok      ${name}`);
    } catch (error) {
      failed.push({ name, error });
      print(
        `FAILED  ${name}\n  ${error instanceof Error ? error.message.replaceAll('\n', '\n  ') : String(error)}`,
      );
    }
  }
  print(`${count - failed.length} of ${count} passed`);
  return failed;
}

/** The start of the line that runs an example again: with the options that were given, where there were any. */
export function callOf(
  call: string,
  { example: _, ...options }: object & { readonly example?: unknown },
): string {
  return Object.keys(options).length === 0 ? `${call}, {` : `${call}, { ...options,`;
}
