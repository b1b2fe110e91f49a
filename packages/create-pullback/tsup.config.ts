import { cp, rename, rm } from 'node:fs/promises';
import base from '../tsup.base.ts';

// Deno knows the modules of Node by their whole names. The templates of plugins and backends are examples, which the package brings too.
export default {
  ...base,
  platform: 'node',
  removeNodeProtocol: false,
  onSuccess: async () => {
    for (const name of ['plugin', 'backend']) {
      await rm(`templates/${name}`, { recursive: true, force: true });
      await cp(`../../examples/${name}-template`, `templates/${name}`, {
        recursive: true,
        filter: (path: string) => !/node_modules|\/dist$/.test(path),
      });
      // Whoever looks for manifests in the package would take theirs for one; create.ts gives it its name back.
      await rename(`templates/${name}/package.json`, `templates/${name}/manifest.json`);
    }
  },
};
