import { OptionError, TwoCopiesError } from '@pullback/core';
import type { Container } from 'inversify';
import { copies, inversify } from '#inversify';

/** @throws TwoCopiesError for a Container of another copy of inversify, OptionError for what is none. */
export function expectContainer(given: Container): void {
  if (given instanceof inversify().Container) return;
  const candidate: unknown = given;
  if (typeof candidate !== 'object' || candidate === null || !('bind' in candidate && 'isBound' in candidate))
    throw new OptionError({
      got: candidate === null ? 'null' : `${typeof candidate}`,
      expected: 'a Container of inversify',
      hint: 'createContainer(builtins) makes one.',
    });
  const { own, application } = copies();
  throw new TwoCopiesError({
    got: `a Container of another copy of inversify${application === undefined || application === own ? '' : ` (${application})`}`,
    expected: `one of the copy that @pullback/plugin imports (${own})`,
    hint: "'npm ls inversify' shows both; 'npm dedupe' or an entry in 'overrides' leaves one. createContainer(...plugins) makes a container of the right copy.",
  });
}
