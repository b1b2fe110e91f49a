import { control, states } from './control.ts';

/**
 * The code of a worker. It stands here as text because a worker must start from source, from a bundle and from a page alike, without a file
 * of its own. In Node `parentPort` takes the part of a page's `self`.
 */
export const workerSource = `
const node = typeof process === 'object' && process.versions && process.versions.node;
const port = node ? process.getBuiltinModule('node:worker_threads').parentPort : self;
const bindings = new Map();
let control, place, handled = 0;
const behind = () => Atomics.load(control, ${control.posted} + place) !== handled;

function attend() {
  const state = ${control.states} + place;
  let seen = Atomics.load(control, ${control.generation});
  Atomics.store(control, state, ${states.attending});
  let idle = 0;
  for (;;) {
    // Awake through the gaps between steps, asleep through longer ones.
    for (let spins = 0; spins < 20000 && Atomics.load(control, ${control.generation}) === seen; spins++);
    if (Atomics.load(control, ${control.generation}) !== seen) {
      seen = Atomics.load(control, ${control.generation});
      idle = 0;
      if (Atomics.load(control, state) === ${states.taken}) bindings.get(Atomics.load(control, ${control.binding}))(place + 1, Atomics.load(control, ${control.times}), 1);
      continue;
    }
    if (!behind()) {
      const woken = Atomics.wait(control, ${control.generation}, seen, 20);
      if (woken !== 'timed-out' || ++idle < 10) continue;
    }
    if (Atomics.compareExchange(control, state, ${states.attending}, ${states.away}) === ${states.attending}) return;
  }
}

function receive(message) {
  handled++;
  if (message.control) {
    control = message.control;
    place = message.place;
  } else if (message.module) {
    const { memory, globals, ready } = message;
    const { exports } = new WebAssembly.Instance(message.module, { e: { memory, host() {}, ...globals } });
    bindings.set(message.binding, exports.work);
    Atomics.add(new Int32Array(memory.buffer, ready, 1), 0, 1);
  } else if (message.forget !== undefined) bindings.delete(message.forget);
  if (!behind()) attend();
}
if (node) port.on('message', receive);
else port.onmessage = ({ data }) => receive(data);
`;
