import { OptionError, UnknownNameError } from '@pullback/core';
import type { Container } from 'inversify';
import { ENTRIES, type Entry, PARENT, tokenOf } from './entry.ts';
import type { Kind, Products } from './products.ts';
import type { AnySpec } from './specs.ts';

/** Turns specs into objects. A factory gets one for the specs among its own options. */
export interface Resolve {
  layer(spec: AnySpec): Products['layer'];
  activation(spec: AnySpec): Products['activation'];
  loss(spec: AnySpec): Products['loss'];
  optimizer(spec: AnySpec): Products['optimizer'];
  schedule(spec: AnySpec): Products['schedule'];
  initializer(spec: AnySpec): Products['initializer'];
  metric(spec: AnySpec): Products['metric'];
  backend(spec: AnySpec): Products['backend'];
}

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
  return container.isBound(ENTRIES) ? container.getAll(ENTRIES, { chained: true }) : [];
}

/** Resolves through `container`; `path` is where the spec stands, for errors. */
export function resolverOf(container: Container, path = ''): Resolve {
  const make =
    <K extends Kind>(kind: K) =>
    (spec: AnySpec): Products[K] =>
      resolve(container, kind, spec, path === '' ? kind : path);
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
 * The object that a spec stands for.
 * @throws UnknownNameError with what is bound and the nearest match; OptionError for options that the entry refuses.
 */
export function resolve<K extends Kind>(
  container: Container,
  kind: K,
  spec: AnySpec,
  path: string,
): Products[K] {
  // What is made already: a factory may be given it where its own options were resolved before.
  if (typeof spec === 'function') return spec;
  const { type, ...options } = readSpec(spec, kind, path);
  const entry = find(container, kind, type);
  if (entry === undefined) throw new UnknownNameError(kind, type, boundNames(container, kind), path);
  return entry.create(checked(entry, options, path), resolverOf(container, path));
}

// Any binding of a token hides all of the parent's for inversify, so a fork that lacks the name asks its parent itself.
function find<K extends Kind>(container: Container, kind: K, name: string): Entry<K> | undefined {
  const own = container.get(tokenOf(kind), { name, optional: true });
  if (own !== undefined || !container.isCurrentBound(PARENT)) return own;
  return find(container.get(PARENT), kind, name);
}

function readSpec(spec: AnySpec, kind: Kind, path: string): { readonly type: string } {
  if (typeof spec === 'string') return { type: spec };
  if (typeof spec !== 'object' || spec === null || typeof spec.type !== 'string')
    throw new OptionError({
      got: JSON.stringify(spec) ?? String(spec),
      expected: `the spec of ${kind === 'activation' || kind === 'optimizer' ? 'an' : 'a'} ${kind}: a name, or an object with 'type'`,
      at: path,
    });
  return spec;
}

function checked(entry: Entry, options: Readonly<Record<string, unknown>>, path: string) {
  if (entry.options === undefined) return options;
  const result = entry.options['~standard'].validate(options);
  if (result instanceof Promise)
    throw new OptionError({
      got: `a schema of '${entry.name}' that answers later`,
      expected: 'one that answers at once',
      at: path,
    });
  if (result.issues === undefined) return options;
  const complaints = result.issues.map(({ message, path: keys = [] }) => {
    const place = keys.map((key) => String(typeof key === 'object' ? key.key : key)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  throw new OptionError({
    got: complaints.join('; '),
    expected: `options that ${entry.kind} '${entry.name}' takes`,
    at: path,
    ...(entry.doc === undefined ? {} : { hint: entry.doc }),
  });
}
