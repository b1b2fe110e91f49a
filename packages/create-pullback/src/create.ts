import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Template } from './templates.ts';

const own = new URL('../', import.meta.url);

/** npm packs no .gitignore, and a package.json in a folder of a package is no manifest to anybody. */
const renamed = { gitignore: '.gitignore', 'manifest.json': 'package.json' };

/**
 * The files of a starter in a folder, which is made where it is missing: named after the folder, with the packages of this version.
 * @throws Error for a folder that holds something; nothing is written then.
 */
export async function create(folder: string, template: Template): Promise<void> {
  const place = resolve(folder);
  await mkdir(place, { recursive: true });
  const there = (await readdir(place)).filter((name) => name !== '.git');
  if (there.length > 0)
    throw new Error(`${folder} holds ${there.slice(0, 3).join(', ')}: a starter wants an empty folder`);
  await cp(new URL(`templates/${template}`, own), place, { recursive: true });
  for (const [packed, wanted] of Object.entries(renamed))
    await rename(join(place, packed), join(place, wanted)).catch(() => {});
  const { version } = JSON.parse(await readFile(new URL('package.json', own), 'utf8')) as { version: string };
  const manifest = join(place, 'package.json');
  await writeFile(manifest, filledIn(await readFile(manifest, 'utf8'), { name: nameOf(place), version }));
}

/** A manifest with the name of the folder, and the version of this package where 0.0.0 stands for it. */
export function filledIn(text: string, { name, version }: { name: string; version: string }): string {
  const manifest = JSON.parse(text) as Record<string, unknown>;
  for (const key of ['dependencies', 'devDependencies', 'peerDependencies']) {
    const needed = manifest[key];
    if (typeof needed !== 'object' || needed === null) continue;
    manifest[key] = Object.fromEntries(
      Object.entries(needed).map(([each, range]) => [each, range === '0.0.0' ? version : range]),
    );
  }
  return `${JSON.stringify({ ...manifest, name }, null, 2)}\n`;
}

/** A name that npm takes. */
function nameOf(place: string): string {
  const name = basename(place)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
  return name === '' ? 'pullback-app' : name;
}
