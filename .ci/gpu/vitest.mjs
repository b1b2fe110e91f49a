// What the tests of adapters use of vitest, by the runner of Node: a machine with a GPU has no vitest.

import { after, before, test as single, describe as suite } from 'node:test';
import {
  chai,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect);
setState({ assertionCalls: 0, isExpectingAssertions: false }, expect);
globalThis[GLOBAL_EXPECT] = expect;

const skippable = (declare) =>
  Object.assign((name, run) => declare(name, run), {
    skipIf: (condition) => (name, run) => declare(name, { skip: Boolean(condition) }, run),
  });

export const describe = skippable(suite);

/** A test that says so while it runs is left off there. */
const left = new Error('skipped');
export const test = skippable((name, ...rest) => {
  const run = rest.pop();
  return single(name, ...rest, async (context) => {
    const skip = (why) => {
      context.skip(typeof why === 'string' ? why : undefined);
      throw left;
    };
    try {
      await run({ skip });
    } catch (failure) {
      if (failure !== left) throw failure;
    }
  });
});
export { after as afterAll, before as beforeAll };
