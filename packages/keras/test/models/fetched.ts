import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const models = fileURLToPath(new URL('../../models/', import.meta.url));

/** A package of npm in a folder that is never committed, downloaded at the first time, or why that was not possible. */
export function fetched(name: string): { readonly folder: string; readonly why: string | undefined } {
  const place = `${models}${name.replaceAll(/\W+/g, '-')}`;
  const folder = `${place}/package`;
  if (existsSync(folder)) return { folder, why: undefined };
  try {
    mkdirSync(place, { recursive: true });
    const said = execFileSync('npm', ['pack', '--json', '--pack-destination', place, name], {
      stdio: 'pipe',
    });
    const [{ filename }] = JSON.parse(said.toString());
    execFileSync('tar', ['-xzf', `${place}/${filename}`, '-C', place], { stdio: 'pipe' });
    return { folder, why: undefined };
  } catch (cause) {
    return { folder, why: `npm did not give ${name}: ${cause instanceof Error ? cause.message : cause}` };
  }
}
