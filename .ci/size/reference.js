// The reference backend alone: a Program that somebody made, without what makes one.
import { cpu } from '@pullback/backend-cpu';

const backend = cpu();
const spec = { shape: [2], dtype: 'float32' };
const buffer = backend.allocate(spec);
const executable = await backend.compile({ inputs: [spec], body: [], outputs: [0] });
executable.bind([buffer], [backend.allocate(spec)]).run();
console.log(await backend.read(buffer));
