// Everything that the package brings, examined: derivatives against central differences, layouts, errors, specs, backends.
import {
  type Case,
  conformLayer,
  conformLoss,
  conformNode,
  conformPlugin,
  type Names,
} from '@pullback/testing';
import { builtins, cpu, createContainer, createModel, type ModelSpec, type Value, wasm } from 'pullback';
import { describe, test } from 'vitest';
import { quantileLoss, snake, swiglu, template } from '../src/index.ts';

const container = createContainer(builtins, template);
const names: Names = { createModel: (spec) => createModel(container, spec as ModelSpec) };
const backends = [cpu(), wasm()];

const run = (cases: readonly Case[]) => {
  for (const { name, run } of cases) test(name, run);
};

describe('snake', () => {
  run(
    conformNode((x: Value) => snake(x, { frequency: 2 }), {
      name: 'snake',
      properties: { elementwise: true, monotone: true },
      backends,
      ulps: 4,
      spec: { type: 'snake', frequency: 2 },
      names,
    }),
  );
});

describe('swiglu', () => {
  run(
    conformLayer(() => swiglu(3), {
      layouts: ['row', 'column'],
      refuses: [[], [3]],
      backends,
      spec: { type: 'swiglu', units: 3 },
      names,
    }),
  );
});

describe('quantileLoss', () => {
  run(
    conformLoss((options) => quantileLoss({ quantile: 0.8, ...options }), {
      backends,
      spec: ({ reduction }) => ({ type: 'quantile', quantile: 0.8, reduction }),
      names,
    }),
  );
});

describe('by name', () => {
  run(
    conformPlugin(template, {
      specs: {
        activation: { snake: { frequency: 2 } },
        layer: { snake: { frequency: 2 }, swiglu: { units: 3 } },
        loss: { quantile: { quantile: 0.8 } },
      },
      beside: [builtins],
    }),
  );
});
