import type { Report, Request } from '../protocol.ts';
import { Trainer } from './trainer.ts';

const trainer = new Trainer((report: Report) => postMessage(report));
addEventListener('message', ({ data }: MessageEvent<Request>) => trainer.handle(data));
