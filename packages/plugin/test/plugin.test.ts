import {
  defineActivation,
  defineLayer,
  defineLoss,
  exp,
  type Layer,
  OptionError,
  relu,
  sigmoid,
  sub,
  sum,
  TwoCopiesError,
  UnknownNameError,
  type Value,
} from '@pullback/core';
import {
  boundNames,
  createContainer,
  entriesOf,
  fork,
  listBound,
  plugin,
  resolverOf,
} from '@pullback/plugin';
import { Container, ContainerModule, inject } from 'inversify';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';

const dense = (units: number) => defineLayer('dense', (_, x: Value) => sub(x, units));
const halfSquaredError = defineLoss('halfSquaredError', (x, t) => sum(sub(x, t)));
const swish = defineActivation('swish', (x) => exp(x));
const first = plugin(
  ({ activation, layer, loss }) => {
    activation('relu', relu, { doc: 'max(x, 0)' });
    activation('sigmoid', sigmoid);
    layer(
      'dense',
      ({ units, activation: inner }: { units: number; activation?: string }, resolve) => {
        if (inner !== undefined) resolve.activation(inner);
        return dense(units);
      },
      {
        options: v.strictObject({
          units: v.pipe(v.number(), v.integer(), v.minValue(1)),
          activation: v.optional(v.string()),
        }),
      },
    );
    loss('halfSquaredError', halfSquaredError);
  },
  { name: 'first' },
);
const second = plugin(({ activation }) => activation('swish', swish), { name: 'second' });

test('a spec becomes an object, by name or with options', () => {
  const resolve = resolverOf(createContainer(first));
  expect(resolve.layer({ type: 'dense', units: 3 } as { type: string }).name).toBe('dense');
  expect(resolve.loss('halfSquaredError').reduction).toBe('sum');
});

test('every activation is also a layer', () => {
  const resolve = resolverOf(createContainer(first));
  expect(resolve.activation('relu')).toBe(relu);
  expect(resolve.layer('relu').name).toBe('relu');
});

test('an unknown name lists what is bound and the nearest match, with the place of the spec', () => {
  const container = createContainer(first, second);
  const ask = () => resolverOf(container, 'layers[2].activation').activation('swihs');
  expect(ask).toThrow(UnknownNameError);
  expect(ask).toThrow("no activation is called 'swihs'. Did you mean 'swish'?");
  expect(ask).toThrow("at 'layers[2].activation'");
  expect(ask).toThrow('Bound: relu, sigmoid, swish (3).');
  expect(() => resolverOf(createContainer()).loss('x')).toThrow('Bound: none (0).');
});

test('options are checked by the schema, also in inner specs', () => {
  const resolve = resolverOf(createContainer(first), 'layers[0]');
  for (const [units, message] of [
    [0, /units: Invalid value/],
    ['many', /units: Invalid type/],
    [undefined, /units/],
  ] as const) {
    const ask = () => resolve.layer({ type: 'dense', units } as { type: string });
    expect(ask).toThrow(OptionError);
    expect(ask).toThrow(message);
    expect(ask).toThrow("at 'layers[0]'");
  }
  expect(() => resolve.layer({ type: 'dense', units: 1, nuits: 2 } as { type: string })).toThrow(/nuits/);
  expect(() => resolve.layer({ type: 'dense', units: 1, activation: 'rleu' } as { type: string })).toThrow(
    /Did you mean 'relu'/,
  );
});

test('what is no spec is refused', () => {
  const resolve = resolverOf(createContainer(first));
  // @ts-expect-error: numbers are no specs
  expect(() => resolve.layer(3)).toThrow(/got 3/);
  // @ts-expect-error: nor is null
  expect(() => resolve.loss(null)).toThrow(OptionError);
});

test('one name from two plugins is an error that names both; nothing is loaded', () => {
  const other = plugin(({ activation }) => activation('relu', relu), { name: 'other' });
  expect(() => createContainer(first, other)).toThrow(/activation 'relu' from both first and other/);
  const twice = () =>
    plugin(({ activation }) => {
      activation('a', relu);
      activation('a', relu);
    });
  expect(twice).toThrow(/twice in one plugin/);
});

test('a plugin without a name is called after what it binds first', () => {
  const unnamed = plugin(({ activation }) => activation('relu', relu));
  expect(() => createContainer(first, unnamed)).toThrow(/first and the plugin of activation 'relu'/);
});

describe('forks', () => {
  const mine: Layer = {
    name: 'mine',
    forward: (_, x) =>
      x ??
      (() => {
        throw new Error('no input');
      })(),
  };
  test('what a fork binds hides what the parent has, and the parent sees nothing of it', () => {
    const parent = createContainer(first);
    const child = fork(
      parent,
      plugin(({ layer, activation }) => {
        layer('dense', () => mine);
        activation('swish', swish);
      }),
    );
    expect(resolverOf(child).layer('dense')).toBe(mine);
    expect(resolverOf(child).activation('relu')).toBe(relu);
    expect(boundNames(child, 'activation').sort()).toEqual(['relu', 'sigmoid', 'swish']);
    expect(boundNames(parent, 'activation').sort()).toEqual(['relu', 'sigmoid']);
    expect(() => resolverOf(parent).activation('swish')).toThrow(UnknownNameError);
  });
  test('two containers with different plugins live side by side', () => {
    const [a, b] = [createContainer(first), createContainer(second)];
    expect(boundNames(a, 'activation')).not.toContain('swish');
    expect(boundNames(b, 'activation')).toEqual(['swish']);
  });
});

describe("an application's own inversify", () => {
  test('is the one that containers are made with', () => {
    expect(createContainer(first)).toBeInstanceOf(Container);
    expect(fork(createContainer(first))).toBeInstanceOf(Container);
  });

  test('its own container loads plugins, unloads them, and rebinds', () => {
    const own = new Container();
    own.load(first);
    expect(resolverOf(own).activation('relu')).toBe(relu);
    own.bind('answer').toConstantValue(41);
    own.rebind('answer').toConstantValue(42);
    expect(own.get('answer')).toBe(42);
    own.unload(first);
    expect(entriesOf(own)).toEqual([]);
    expect(own.get('answer')).toBe(42);
    // A second time, as any module.
    own.load(first);
    expect(resolverOf(own).activation('relu')).toBe(relu);
  });

  test('a fork of its container has its names and what it binds', () => {
    class Own extends Container {}
    const application = new Own();
    application.bind('answer').toConstantValue(42);
    const child = fork(application, first);
    expect(child).toBeInstanceOf(Own);
    expect(child.get('answer')).toBe(42);
    expect(resolverOf(child).activation('relu')).toBe(relu);
    expect(application.isBound('answer')).toBe(true);
    expect(() => resolverOf(application).activation('relu')).toThrow(UnknownNameError);
  });

  test('a Container of another copy is refused with what to do, what is none at all too', () => {
    class OfAnotherCopy {
      bind() {}
      isBound = () => true;
    }
    const foreign = new OfAnotherCopy() as unknown as Container;
    for (const use of [
      () => fork(foreign),
      () => entriesOf(foreign),
      () => listBound(foreign),
      () => boundNames(foreign, 'layer'),
      () => resolverOf(foreign).layer('dense'),
    ]) {
      expect(use).toThrow(TwoCopiesError);
      expect(use).toThrow(/another copy of inversify[\s\S]*npm ls inversify/);
    }
    for (const nothing of [undefined, null, {}, new Map()] as unknown[])
      expect(() => entriesOf(nothing as Container)).toThrow(OptionError);
  });

  test('its modules load beside plugins', () => {
    const container = createContainer(first);
    container.load(new ContainerModule(({ bind }) => void bind('answer').toConstantValue(42)));
    expect(container.get('answer')).toBe(42);
  });
});

describe('services', () => {
  const CLOCK = Symbol('clock');
  const LOG = Symbol('log');
  class Clock {
    now() {
      return 7;
    }
  }
  class Log {
    constructor(@inject(CLOCK) readonly clock: Clock) {}
  }
  const services = plugin(({ service }) => {
    service(CLOCK, Clock);
    service(LOG, Log);
  });
  test('classes with injected parameters, one object for each container', () => {
    const container = createContainer(services);
    const log = container.get<Log>(LOG);
    expect(log.clock.now()).toBe(7);
    expect(container.get<Log>(LOG)).toBe(log);
    expect(createContainer(services).get<Log>(LOG)).not.toBe(log);
  });
  test('the last plugin that binds a service wins, and the container is a real one to rebind', () => {
    class Late extends Clock {
      override now() {
        return 9;
      }
    }
    const container = createContainer(
      services,
      plugin(({ service }) => service(CLOCK, Late)),
    );
    expect(container.get<Clock>(CLOCK).now()).toBe(9);
    container.rebind<Clock>(CLOCK).toConstantValue(new Clock());
    expect(container.get<Clock>(CLOCK).now()).toBe(7);
  });
});

test('what is bound can be listed, with plugin and doc', () => {
  expect(listBound(createContainer(first, second))).toEqual([
    'activation relu (first): max(x, 0)',
    'activation sigmoid (first)',
    'activation swish (second)',
    'layer dense (first)',
    'layer relu (first): max(x, 0)',
    'layer sigmoid (first)',
    'layer swish (second)',
    'loss halfSquaredError (first)',
  ]);
  expect(entriesOf(createContainer())).toEqual([]);
});
