import { plugin } from 'pullback';
import { TemplateBackend } from './template-backend.ts';

export { TemplateBackend } from './template-backend.ts';

/** The backend by name, for models as data: `{ ..., backend: 'template' }`. */
export const template = plugin(({ backend }) => backend('template', () => new TemplateBackend()), {
  name: 'pullback-backend-template',
});

declare module 'pullback' {
  interface BackendSpecs {
    template: object;
  }
}
