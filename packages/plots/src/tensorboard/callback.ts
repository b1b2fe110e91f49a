import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptions, field, type Program } from '@pullback/core';
import type { Callback, Weights } from '@pullback/train';
import { type GraphNode, graphRecord, headerRecord, histogramsRecord, scalarsRecord } from './events.ts';

export interface TensorBoardOptions {
  /** A histogram of each weight after so many epochs; none when left out. Needs `model`. */
  readonly histogramsEvery?: number;
  /** The model whose weights are shown. */
  readonly model?: { weights(): Promise<Weights> };
  /** A Program whose instructions are drawn as a graph. */
  readonly program?: Program;
}

/**
 * A callback of `fit` that writes the figures of every epoch into an event file in `folder`, for `tensorboard --logdir`. Those of the validation
 * lie in a folder of their own, `validation`, so that both are one chart.
 */
export function tensorBoard(folder: string, options: TensorBoardOptions = {}): Callback {
  const {
    histogramsEvery = 0,
    model,
    program,
  } = checkOptions('tensorBoard', options, {
    histogramsEvery: field.whole({ from: 0 }),
    model: field.having<{ weights(): Promise<Weights> }>('a model', 'weights'),
    program: field.one<Program>('a Program', (x) => field.isPlain(x) && Array.isArray(x['body'])),
  });
  const file = `events.out.tfevents.${Math.floor(Date.now() / 1000)}.pullback`;
  const started = new Set<string>();
  const write = async (part: string, record: Uint8Array) => {
    const path = join(folder, part);
    if (!started.has(part)) {
      await mkdir(path, { recursive: true });
      await appendFile(join(path, file), headerRecord(seconds()));
      started.add(part);
    }
    await appendFile(join(path, file), record);
  };
  return {
    epochStart: async () => {
      if (program !== undefined && started.size === 0)
        await write('', graphRecord(seconds(), nodesOf(program)));
    },
    epochEnd: async (record, { stepCount, epoch }) => {
      const isValidation = (name: string) => name.startsWith('validation ');
      const part = (validation: boolean) =>
        Object.fromEntries(
          Object.entries(record)
            .filter(([name]) => isValidation(name) === validation)
            .map(([name, value]) => [name.replace(/^validation /, ''), value]),
        );
      await write('', scalarsRecord(seconds(), stepCount, part(false)));
      if (Object.keys(record).some(isValidation))
        await write('validation', scalarsRecord(seconds(), stepCount, part(true)));
      if (model === undefined || histogramsEvery === 0 || epoch % histogramsEvery !== 0) return;
      const weights = Object.entries(await model.weights()).map(([path, { data }]) => [path, data] as const);
      await write('', histogramsRecord(seconds(), stepCount, Object.fromEntries(weights)));
    },
  };
}

const seconds = () => Date.now() / 1000;

/** Instructions under the paths that they come from. */
function nodesOf({ inputs, body }: Program): GraphNode[] {
  const names = inputs.map((_, i) => `inputs/${i}`);
  const nodes: GraphNode[] = names.map((name) => ({ name, op: 'Placeholder', inputs: [] }));
  for (const { primitive, inputs: operands, first, outputs, origins } of body) {
    const [{ path, pass } = { path: '', pass: 'forward' }] = origins;
    const name = `${pass}/${path === '' ? primitive.name : path}_${first}`.replace(/[^\w./-]/g, '_');
    nodes.push({ name, op: primitive.name, inputs: operands.map((operand) => names[operand] ?? '') });
    outputs.forEach((_, k) => {
      names[first + k] = k === 0 ? name : `${name}:${k}`;
    });
  }
  return nodes;
}
