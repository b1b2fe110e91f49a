import type { Activation, LayerOptions } from '@pullback/core';
import { OptionError } from '@pullback/core';
import type { ContainerModule, ContainerModuleLoadOptions, Newable, ServiceIdentifier } from 'inversify';
import { inversify } from '#inversify';
import { type Description, ENTRIES, type Entry, tokenOf } from './entry.ts';
import type { Kind, Products, Resolve } from './products.ts';

/** Makes a thing from the options of its spec; inner specs are turned into objects by `resolve`. */
export type Create<T, O extends object> = (options: O, resolve: Resolve) => T;

type Binder<K extends Kind> = <O extends object>(
  name: string,
  create: Create<Products[K], O>,
  description?: Description,
) => void;

type Binders = { readonly [K in Exclude<Kind, 'activation'>]: Binder<K> };

/** The functions that a plugin is defined with. */
export interface PluginBinder extends Binders {
  /** An activation, which becomes a layer of the same name too. */
  activation(name: string, activation: Activation, description?: Description): void;
  activation<O extends object>(name: string, create: Create<Activation, O>, description?: Description): void;
  /** A service: one object of the class for each container; the last plugin that binds a token wins. */
  service<T>(token: ServiceIdentifier<T>, service: Newable<T>): void;
}

interface ServiceBinding {
  readonly token: ServiceIdentifier;
  readonly service: Newable;
}

/** A ContainerModule that knows what it binds. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the private field of a ContainerModule keeps every other class from being one in types
export class Plugin {
  #module: ContainerModule | undefined;
  readonly #services: readonly ServiceBinding[];

  constructor(
    readonly name: string,
    readonly entries: readonly Entry[],
    services: readonly ServiceBinding[],
  ) {
    this.#services = services;
  }

  get id(): number {
    return this.#loadable().id;
  }

  load(options: ContainerModuleLoadOptions): void | Promise<void> {
    return this.#loadable().load(options);
  }

  /** Made when a container asks for it: a plugin that no container loads needs no inversify. */
  #loadable(): ContainerModule {
    const { ContainerModule } = inversify();
    this.#module ??= new ContainerModule(({ bind, isBound, unbind }) => {
      for (const entry of this.entries) {
        bind(tokenOf(entry.kind)).toConstantValue(entry).whenNamed(entry.name);
        bind(ENTRIES).toConstantValue(entry);
      }
      for (const { token, service } of this.#services) {
        if (isBound(token)) unbind(token);
        bind(token).to(service).inSingletonScope();
      }
    });
    return this.#module;
  }
}

/** Containers load it as one of their modules. */
export interface Plugin extends ContainerModule {}

/**
 * A plugin: names for layers, activations, losses and so on, and services, as an inversify ContainerModule.
 * @param options.name what errors call it; the first name that it binds when left out.
 * @throws OptionError when it binds one name of a kind twice.
 */
export function plugin(
  define: (binder: PluginBinder) => void,
  options: { readonly name?: string } = {},
): Plugin {
  const drafts: Omit<Entry, 'plugin'>[] = [];
  const services: ServiceBinding[] = [];
  const binder =
    <K extends Kind>(kind: K): Binder<K> =>
    (name, create, description = {}) => {
      if (drafts.some((draft) => draft.kind === kind && draft.name === name))
        throw new OptionError({
          got: `the ${kind} '${name}' twice in one plugin`,
          expected: 'every name once',
        });
      drafts.push({ kind, name, ...description, create: untyped(create) });
    };
  const bindLayer = binder('layer');
  const bindActivation = binder('activation');
  define({
    layer: bindLayer,
    loss: binder('loss'),
    optimizer: binder('optimizer'),
    schedule: binder('schedule'),
    initializer: binder('initializer'),
    metric: binder('metric'),
    backend: binder('backend'),
    activation: (name: string, given: Activation | Create<Activation, object>, description?: Description) => {
      const create = isActivation(given) ? () => given : given;
      bindActivation(name, create, description);
      bindLayer(
        name,
        (options: LayerOptions, resolve) => create(options, resolve)(labelOf(options)),
        description,
      );
    },
    service: (token, service) => {
      services.push({ token, service });
    },
  });
  const [first] = drafts;
  const name =
    options.name ?? (first === undefined ? 'plugin' : `the plugin of ${first.kind} '${first.name}'`);
  return new Plugin(
    name,
    drafts.map((draft) => ({ ...draft, plugin: name })),
    services,
  );
}

function isActivation(given: Activation | Create<Activation, object>): given is Activation {
  return 'activation' in given;
}

function labelOf({ name }: LayerOptions): LayerOptions {
  return name === undefined ? {} : { name };
}

// The options of a spec are data until they are checked by the entry's schema; from here on the factory trusts them.
function untyped<T, O extends object>(create: Create<T, O>): Entry['create'] {
  return create as unknown as Entry['create'];
}
