import { CycleError, field, labelled, OptionError, parts, UnknownNameError } from '@pullback/core';
import type { Container } from 'inversify';
import { ENTRIES, type Entry, PARENT, tokenOf } from './entry.ts';
import { expectContainer } from './expect-container.ts';
import type { Kind, Products, Resolve } from './products.ts';
import { article, isSpec, readOptions } from './read-options.ts';
import type { AnySpec } from './specs.ts';

/** The names of `kind` that a container or one that it was forked from has bound. */
export function boundNames(container: Container, kind: Kind): string[] {
  return [
    ...new Set(
      entriesOf(container)
        .filter((entry) => entry.kind === kind)
        .map(({ name }) => name),
    ),
  ];
}

/** Everything that is bound by name, with its options' schema and doc. */
export function entriesOf(container: Container): Entry[] {
  expectContainer(container);
  return container.isBound(ENTRIES) ? container.getAll(ENTRIES, { chained: true }) : [];
}

/** Specs that are being resolved, from the outermost to the innermost. */
type Open = readonly AnySpec[];

/** Specs that are deeper in each other than this are taken for a mistake. */
const deepest = 200;

/** Resolves through `container`; `path` is where the spec stands, for errors. */
export function resolverOf(container: Container, path = '', open: Open = []): Resolve {
  const make =
    <K extends Kind>(kind: K) =>
    (spec: AnySpec): Products[K] =>
      resolve(container, kind, spec, path === '' ? kind : path, open);
  return {
    layer: make('layer'),
    activation: make('activation'),
    loss: make('loss'),
    optimizer: make('optimizer'),
    schedule: make('schedule'),
    initializer: make('initializer'),
    metric: make('metric'),
    backend: make('backend'),
  };
}

/**
 * The object that a spec stands for; what is an object of that kind already is given back, since options are resolved before their factory sees them.
 * @throws UnknownNameError with what is bound and the nearest match; OptionError for options that the entry refuses; CycleError for a spec within itself.
 */
export function resolve<K extends Kind>(
  container: Container,
  kind: K,
  spec: AnySpec,
  path: string,
  open: Open = [],
): Products[K] {
  if (isMade(kind, spec)) return spec;
  const { type, ...options } = readSpec(spec, kind, path);
  if (typeof spec === 'object' && open.includes(spec))
    throw new CycleError({ got: `the spec of '${type}' within itself`, expected: 'one that ends', at: path });
  if (open.length >= deepest)
    throw new OptionError({ got: 'specs within each other', expected: `at most ${deepest} deep`, at: path });
  const inner = [...open, spec];
  const entry = find(container, kind, type);
  if (entry === undefined) throw new UnknownNameError(kind, type, boundNames(container, kind), path);
  const read = readOptions(entry, options, path, (part, each, place) =>
    resolve(container, part, each, place, inner),
  );
  return labelled({ path, pass: 'forward' }, () => entry.create(read, resolverOf(container, path, inner)));
}

function isMade<K extends Kind>(kind: K, given: unknown): given is Products[K] {
  return !isSpec(given) && parts[kind].refuse(given) === undefined;
}

// Any binding of a token hides all of the parent's for inversify, so a fork that lacks the name asks its parent itself.
function find<K extends Kind>(container: Container, kind: K, name: string): Entry<K> | undefined {
  expectContainer(container);
  const own = container.get(tokenOf(kind), { name, optional: true });
  if (own !== undefined || !container.isCurrentBound(PARENT)) return own;
  return find(container.get(PARENT), kind, name);
}

function readSpec(spec: AnySpec, kind: Kind, path: string): { readonly type: string } {
  if (typeof spec === 'string') return { type: spec };
  if (isSpec(spec)) return spec;
  throw new OptionError({
    got: field.shown(spec),
    expected: `the spec of ${article(kind)}: a name, or an object with 'type'`,
    at: path,
  });
}
