import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take long, the longest first: begun last, one of them would run on one core while the others have nothing to do. */
const long = [
  'pullback/test/conformance.test.ts',
  'compiler/test/planted.test.ts',
  'testing/test/wrong-nodes.test.ts',
  'compiler/test/random-programs.test.ts',
  'backend-wasm/test/straight-line.test.ts',
  'backend-wasm/test/random-programs.test.ts',
  'backend-wasm/test/product.test.ts',
  'testing/test/strangers.test.ts',
  'testing/test/backends.test.ts',
  'train/test/checkpoint.test.ts',
];

/** Starts files with a process of their own first, then those that take long: what shares a process follows each other. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number => {
      if (project.config.isolate) return -1;
      const found = long.findIndex((end) => moduleId.endsWith(end));
      return found < 0 ? long.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
