// `npm run client -- ws://localhost:8080 anna 0 4`: the client anna, with the first of 4 pieces of the data; FEDERATED_TOKEN has the token.
import { WebSocket } from 'ws';
import { take } from './client.ts';
import { learner } from './task.ts';

const [url = 'ws://localhost:8080', name = 'anna', piece = '0', pieces = '4'] = process.argv.slice(2);
const client = await learner(name, Number(piece), Number(pieces));
await take(new WebSocket(url), process.env['FEDERATED_TOKEN'] ?? '', client);
