/** The starters by name: a line about each, and the commands that come after it was made. */
export const templates = {
  vite: { text: 'a page of Vite that trains in a worker', next: ['npm install', 'npm run dev'] },
  node: { text: 'a script for Node', next: ['npm install', 'npm start'] },
  deno: { text: 'a script for Deno', next: ['deno install', 'deno task start'] },
  bun: { text: 'a script for Bun', next: ['bun install', 'bun start'] },
  workerd: {
    text: 'a worker as Cloudflare runs them, which trains and answers requests',
    next: ['npm install', 'npm start'],
  },
  plugin: {
    text: 'a package with an activation, a layer and a loss of your own',
    next: ['npm install', 'npm test'],
  },
  backend: { text: 'a package with a backend of your own', next: ['npm install', 'npm test'] },
} as const;

export type Template = keyof typeof templates;

export function isTemplate(name: string): name is Template {
  return Object.hasOwn(templates, name);
}
