import { Container, ContainerModule } from 'inversify';

/** inversify, for bundlers, which leave it out of a page without a container. */
export function inversify(): { Container: typeof Container; ContainerModule: typeof ContainerModule } {
  return { Container, ContainerModule };
}
