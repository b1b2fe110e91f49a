import { CheckpointError, OptionError } from '@pullback/core';
import type { ByteSource } from './byte-source.ts';
import { pathOf, paths } from './file-system.ts';

/** Gives the file of that name. */
export type Shards = (name: string) => ByteSource | Promise<ByteSource>;

/** @throws CheckpointError for a name that leads to another folder, which a file has no right to name. */
export function refuseElsewhere(name: string): void {
  if (name === '' || name === '.' || name === '..' || /[/\\:\0]/.test(name))
    throw new CheckpointError({
      got: `the file '${name}'`,
      expected: 'the name of a file in the same folder',
      at: 'the files that a file names',
    });
}

/** The files in the folder of a path. */
export function beside(source: ByteSource): Shards {
  return async (name) => {
    refuseElsewhere(name);
    if (typeof source !== 'string' && !(source instanceof URL))
      throw new OptionError({
        got: `no file '${name}' beside what was given`,
        expected: '{ shards: (name) => ... }, or a path',
      });
    const { dirname, join } = await paths();
    return join(dirname(await pathOf(source)), name);
  };
}
