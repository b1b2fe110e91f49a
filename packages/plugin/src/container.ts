import { OptionError } from '@pullback/core';
import type { Container } from 'inversify';
import { inversify } from '#inversify';
import { PARENT } from './entry.ts';
import { expectContainer } from './expect-container.ts';
import type { Plugin } from './plugin.ts';
import { entriesOf } from './resolver.ts';

/**
 * An inversify Container with the plugins loaded: rebind what you like.
 * @throws OptionError that names both plugins, when two bring one name of a kind.
 */
export function createContainer(...plugins: readonly Plugin[]): Container {
  const { Container } = inversify();
  return loaded(new Container(), plugins);
}

/**
 * A container of its own over another: what its plugins bind hides what the parent has, and the parent sees nothing of it.
 * For a test, or a tenant. It is of the parent's class, which may be the application's own.
 */
export function fork(parent: Container, ...plugins: readonly Plugin[]): Container {
  expectContainer(parent);
  const child: Container = Reflect.construct(parent.constructor, [{ parent }]);
  child.bind(PARENT).toConstantValue(parent);
  return loaded(child, plugins);
}

function loaded(container: Container, plugins: readonly Plugin[]): Container {
  const owners = new Map<string, string>();
  for (const { entries } of plugins)
    for (const { kind, name, plugin } of entries) {
      const key = `${kind} '${name}'`;
      const owner = owners.get(key);
      if (owner !== undefined)
        throw new OptionError({
          got: `${key} from both ${owner} and ${plugin}`,
          expected: 'every name once',
          hint: 'Leave one plugin out, or put the one that shall win into a fork.',
        });
      owners.set(key, plugin);
    }
  container.load(...plugins);
  return container;
}

/** A line for each name that is bound: kind, name, plugin, doc. */
export function listBound(container: Container): string[] {
  return entriesOf(container)
    .map(({ kind, name, plugin, doc }) => `${kind} ${name} (${plugin})${doc === undefined ? '' : `: ${doc}`}`)
    .sort();
}
