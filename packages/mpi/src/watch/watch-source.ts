/** Places in the numbers that a process and its watch share. */
export const places = {
  /** Counted up by the process as long as its event loop goes round. */
  alive: 0,
  /** The lost rank, plus 1, and why. */
  lost: 1,
  reason: 2,
  /** Set by the watch when it has said goodbye. */
  left: 3,
} as const;

/** Why a rank is lost, by its number. */
export const reasons = [
  '',
  'its process has ended',
  'nothing was heard of it',
  'its event loop stands still',
] as const;

/**
 * The code of the watch of a process, for a thread of its own. Rank 0 listens; every other connects to it. Both sides send a dot as long as their
 * process is alive, and tell all the others who is lost. It stands here as text because a worker must start from source and from a bundle alike.
 */
export const watchSource = `
const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
const net = process.getBuiltinModule('node:net');
const { state, rank, size, timeout, token, hosts, host, port } = workerData;
const links = new Map();
let leaving = false, found = false, counted = -1, countedAt = Date.now();

function send(text) {
  for (const { socket } of links.values()) if (!socket.destroyed) socket.write(text);
}

function lost(who, why) {
  if (leaving || found) return;
  found = true;
  send('L ' + who + ' ' + why + '\\n');
  Atomics.store(state, ${places.reason}, why);
  Atomics.store(state, ${places.lost}, who + 1);
  // A process that does not hear of it, since it computes or hangs, is ended.
  setTimeout(() => {
    const words = 'RankError: rank ' + who + ' is lost to rank ' + rank + ': ' + ${JSON.stringify(reasons)}[why];
    process.getBuiltinModule('node:fs').writeSync(2, words + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, 2000);
}

function attend(socket, who) {
  const link = { socket, heard: Date.now() };
  links.set(who, link);
  let rest = '';
  socket.on('data', (bytes) => {
    link.heard = Date.now();
    rest += bytes;
    for (let end; (end = rest.indexOf('\\n')) >= 0; rest = rest.slice(end + 1)) {
      const [word, whom, why] = rest.slice(0, end).split(' ');
      if (word === 'Q') links.delete(who);
      if (word === 'L') lost(Number(whom), Number(why));
    }
    if (rest.length > 100) socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => links.get(who) === link && lost(who, 1));
}

function listen() {
  const server = net.createServer((socket) => {
    let first = '';
    const read = (bytes) => {
      first += bytes;
      const [given, who] = first.split('\\n')[0].split(' ');
      if (!first.includes('\\n')) {
        if (first.length > 200) socket.destroy();
        return;
      }
      socket.off('data', read);
      if (given !== token || !(Number(who) > 0 && Number(who) < size)) return socket.destroy();
      attend(socket, Number(who));
      socket.write('.\\n');
      if (links.size === size - 1) parentPort.postMessage('all');
    };
    socket.on('data', read);
    socket.on('error', () => {});
    socket.setNoDelay(true);
  });
  server.on('error', (error) => parentPort.postMessage({ failure: String(error) }));
  server.listen(0, host, () => parentPort.postMessage({ port: server.address().port }));
}

function connect() {
  const tried = hosts.map((each) => {
    const socket = net.connect(port, each, () => socket.write(token + ' ' + rank + '\\n'));
    socket.on('error', () => {});
    socket.once('data', () => {
      if (links.size > 0) return socket.destroy();
      attend(socket, 0);
      for (const other of tried) if (other !== socket) other.destroy();
      parentPort.postMessage('all');
    });
    socket.setNoDelay(true);
    return socket;
  });
}

setInterval(() => {
  const now = Date.now();
  const count = Atomics.load(state, ${places.alive});
  if (count !== counted) [counted, countedAt] = [count, now];
  if (now - countedAt > timeout) lost(rank, 3);
  else send('.\\n');
  for (const [who, { heard }] of links) if (now - heard > timeout) lost(who, 2);
}, Math.min(500, timeout / 4));

parentPort.on('message', () => {
  leaving = true;
  const waiting = [...links.values()].map(({ socket }) => new Promise((done) => socket.write('Q\\n', done)));
  Promise.allSettled(waiting).then(() => {
    Atomics.store(state, ${places.left}, 1);
    Atomics.notify(state, ${places.left});
  });
});

if (rank === 0) listen();
else connect();
`;
