import { Container, ContainerModule } from 'inversify';

/** inversify, for bundlers, which leave it out of a page without a container. */
export function inversify(): { Container: typeof Container; ContainerModule: typeof ContainerModule } {
  return { Container, ContainerModule };
}

/** Where the copies lie that `inversify` gives and that an application would import, as far as that is known. */
export function copies(): { readonly own: string; readonly application?: string } {
  return { own: import.meta.url };
}
