import type { Fields } from '@pullback/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Container, ServiceIdentifier } from 'inversify';
import type { Kind, Products, Resolve } from './products.ts';

/** How a plugin may describe what it binds. */
export interface Description {
  /** The options of a spec, a field for each, whose things by name are made for the factory; or a schema of any library that speaks Standard Schema. */
  readonly options?: Fields | StandardSchemaV1;
  /** A sentence and a formula, for listings. */
  readonly doc?: string;
}

/** A named factory as it is bound in the container. */
export interface Entry<K extends Kind = Kind> extends Description {
  readonly kind: K;
  readonly name: string;
  /** The plugin that brought it. */
  readonly plugin: string;
  create(options: Readonly<Record<string, unknown>>, resolve: Resolve): Products[K];
}

/** The token of every entry, without a name: for listings. */
export const ENTRIES: ServiceIdentifier<Entry> = Symbol.for('@pullback/plugin entries');

/** The token under which entries of a kind are bound, each by its name. */
export function tokenOf<K extends Kind>(kind: K): ServiceIdentifier<Entry<K>> {
  return Symbol.for(`@pullback/plugin ${kind}`);
}

/** The container that a fork was made from. */
export const PARENT: ServiceIdentifier<Container> = Symbol.for('@pullback/plugin parent');
