// npx tsx --tsconfig tsconfig.base.json --conditions=@pullback/source packages/onnx/test/real-files/run.ts FOLDER
// Opens the files that files.py downloaded, and compares what they make with onnxruntime, on cpu and wasm.
import { readFileSync } from 'node:fs';
import { CpuBackend } from '@pullback/backend-cpu';
import { WasmBackend } from '@pullback/backend-wasm';
import { type NodeCase, reason, runCase } from '../node-cases/case.ts';

const [folder = '.'] = process.argv.slice(2);
const { cases, onnxruntime }: { readonly cases: readonly NodeCase[]; readonly onnxruntime: string } =
  JSON.parse(readFileSync(`${folder}/files.json`, 'utf8'));
for (const each of cases)
  for (const backend of [new CpuBackend(), new WasmBackend()]) {
    const start = process.cpuUsage();
    const bytes = readFileSync(`${folder}/${each.name}`);
    const outcome = await runCase(bytes, each, backend).catch((error: unknown) => ({
      why: reason(error),
      folded: false,
    }));
    const { user, system } = process.cpuUsage(start);
    const said = outcome.why === '' ? `equal to onnxruntime ${onnxruntime}` : outcome.why;
    console.log(`${each.name} on ${backend.name}: ${said} (${((user + system) / 1e6).toFixed(1)} s)`);
  }
