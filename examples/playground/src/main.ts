import type { Flag } from '@pullback/inspector';
import { defineInspector, InspectorElement } from '@pullback/inspector/element';
import { ActivationField } from './page/activation-field.ts';
import { BackendChoice } from './page/backend-choice.ts';
import { count, download, element, write } from './page/elements.ts';
import { FigureRow } from './page/figures.ts';
import { LossCurve } from './page/loss-curve.ts';
import { listMachine } from './page/machine-list.ts';
import { MnistView } from './page/mnist-picture.ts';
import { PointsControls } from './page/points-controls.ts';
import { PointsView } from './page/points-picture.ts';
import { Status } from './page/status.ts';
import { TypedText } from './page/typed-text.ts';
import { XorView } from './page/xor-picture.ts';
import { pointsOf } from './points/data.ts';
import { setupOf, usual } from './points/setup.ts';
import type { Picture, ProblemName, Report, Request } from './protocol.ts';

defineInspector();

const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), {
  type: 'module',
  name: 'trainer',
});
const send = (request: Request) => worker.postMessage(request);

const trainButton = element('train', HTMLButtonElement);
const onceButton = element('once', HTMLButtonElement);
const inspector = element('inspector', InspectorElement);
const againButton = element('again', HTMLButtonElement);
const rateInput = element('rate', HTMLInputElement);
const status = new Status();
const figures = new FigureRow();
const curve = new LossCurve(element('loss', HTMLCanvasElement), element('legend', HTMLElement));
const views = { xor: new XorView(), mnist: new MnistView(), gpt: new TypedText() };
const pointsView = new PointsView((x, y, label) => points.add([x, y, label]));

/** A training is paused before its first step until somebody wants it to run. */
type State = 'starting' | 'training' | 'paused' | 'ended';
let state: State = 'starting';
let run = 0;
const given = setupOf(location.hash) ?? usual;
const problems = ['points', 'xor', 'mnist', 'gpt'] as const;
const named = new URLSearchParams(location.hash.slice(1)).get('problem');
let problem: ProblemName = problems.find((name) => name === named) ?? 'points';
/** What is trained, which the field may no longer say. */
let activation = given.activation;
const rates: Record<ProblemName, number> = {
  points: Math.log10(given.learningRate),
  xor: -2,
  mnist: -3,
  gpt: -2.5,
};

function start({ running, compare }: { readonly running: boolean; readonly compare: boolean }): void {
  run++;
  const learningRate = 10 ** rates[problem];
  curve.begin(activation, { compare });
  figures.clear();
  inspector.graph = undefined;
  views.gpt.begin();
  const { setup: chosen } = points;
  if (problem === 'points') {
    pointsView.features = chosen.features;
    pointsView.begin(pointsOf(chosen));
  }
  const setup = { problem, activation, backend: backends.chosen, threads: backends.threads, points: chosen };
  send({ kind: 'start', run, setup: { ...setup, learningRate, seed: 1 } });
  if (!running) send({ kind: 'pause' });
  become(running ? 'training' : 'starting');
  status.say(
    problem === 'mnist'
      ? 'Loading the digits …'
      : problem === 'gpt'
        ? 'Loading the book …'
        : 'Making the network …',
  );
}

/** Whether its steps are too many, and too large, to be made one by one and looked into. */
const isLarge = () => problem === 'mnist' || problem === 'gpt';

function become(next: State): void {
  state = next;
  trainButton.disabled = false;
  againButton.disabled = state === 'ended';
  // The model is gone with its training.
  for (const button of downloadButtons) button.disabled = state === 'ended';
  onceButton.disabled = state === 'training' || state === 'ended' || isLarge();
  write(trainButton, state === 'training' ? 'Pause' : state === 'ended' ? 'Again' : 'Train');
}

const backends = new BackendChoice(() => {
  if (state === 'ended') return;
  status.say(`Moving to ${backends.chosen} …`);
  send({ kind: 'move', backend: backends.chosen, threads: backends.threads });
});

new ActivationField(activation, (text) => {
  activation = text;
  if (problem === 'points') points.keep({ activation });
  start({ running: true, compare: true });
});

const points = new PointsControls(
  given,
  () => start({ running: state === 'training', compare: true }),
  (steps) => send({ kind: 'speed', steps }),
);

trainButton.addEventListener('click', () => {
  if (state === 'ended') return start({ running: true, compare: true });
  const pause = state === 'training';
  send({ kind: pause ? 'pause' : 'resume' });
  become(pause ? 'paused' : 'training');
  if (!pause) status.say('Training.');
});
onceButton.addEventListener('click', () => send({ kind: 'step' }));
againButton.addEventListener('click', () => start({ running: state === 'training', compare: true }));

for (const name of problems)
  document.querySelector(`input[name=problem][value=${name}]`)?.addEventListener('change', () => {
    problem = name;
    showProblem();
    start({ running: state === 'training', compare: false });
  });

const downloadButtons = (['safetensors', 'wasm', 'onnx'] as const).map((format) => {
  const button = element(`download-${format}`, HTMLButtonElement);
  button.addEventListener('click', () => send({ kind: 'download', format }));
  return button;
});

rateInput.addEventListener('input', () => {
  rates[problem] = rateInput.valueAsNumber;
  showRate();
  if (problem === 'points') points.keep({ learningRate: Number((10 ** rates.points).toPrecision(3)) });
  send({ kind: 'learningRate', rate: 10 ** rates[problem] });
});

function showProblem(): void {
  const radio = document.querySelector(`input[name=problem][value=${problem}]`);
  if (radio instanceof HTMLInputElement) radio.checked = true;
  for (const id of ['points-section', 'points-settings'])
    element(id, HTMLElement).hidden = problem !== 'points';
  element('test-figure', HTMLElement).hidden = problem !== 'points' && problem !== 'gpt';
  element('inspector-section', HTMLElement).hidden = isLarge();
  if (problem === 'points') points.keep({});
  else history.replaceState(null, '', `#problem=${problem}`);
  element('xor-section', HTMLElement).hidden = problem !== 'xor';
  element('mnist-section', HTMLElement).hidden = problem !== 'mnist';
  element('gpt-section', HTMLElement).hidden = problem !== 'gpt';
  rateInput.value = String(rates[problem]);
  showRate();
}

function showRate(): void {
  const text = (10 ** rates[problem]).toPrecision(2);
  write(element('rate-value', HTMLOutputElement), text);
  rateInput.setAttribute('aria-valuetext', text);
}

const examinations = new Map<number, (flags: readonly Flag[], failure: string | undefined) => void>();
inspector.examine = (node) =>
  new Promise((resolve, reject) => {
    examinations.set(node, (flags, failure) =>
      failure === undefined ? resolve(flags) : reject(new Error(failure)),
    );
    send({ kind: 'examine', node });
  });

function showPicture(picture: Picture): void {
  if (picture.problem === 'points') pointsView.show(picture);
  else if (picture.problem === 'xor') views.xor.show(picture);
  else if (picture.problem === 'mnist') views.mnist.show(picture);
  else views.gpt.show(picture);
}

function receive(report: Report): void {
  if (report.kind === 'machine') {
    backends.show(report.machine);
    listMachine(report.machine);
    return;
  }
  if (report.run !== run) return;
  switch (report.kind) {
    case 'ready':
      figures.backend = report.backend;
      write(element('summary', HTMLElement), report.summary);
      status.say(
        state === 'training'
          ? `Training on ${report.backend}.`
          : `Ready on ${report.backend}, not trained yet.`,
      );
      break;
    case 'progress':
      figures.show(problem, report);
      curve.add(report);
      points.steps = report.step;
      status.mention(() => `Training: step ${count(report.step)}, loss ${report.loss.toPrecision(2)}.`);
      break;
    case 'picture':
      showPicture(report.picture);
      break;
    case 'graph':
      inspector.graph = report.graph;
      break;
    case 'frame':
      inspector.show(report.frame);
      break;
    case 'file':
      download(`model.${report.format}`, [report.bytes.slice()], 'application/octet-stream');
      status.say(`The model is model.${report.format}, ${count(report.bytes.length)} bytes.`);
      break;
    case 'examined':
      examinations.get(report.node)?.(report.flags, report.failure);
      break;
    case 'moved':
      figures.backend = report.backend;
      curve.moved(report.step, report.backend);
      status.say(
        `Moved to ${report.backend} after ${count(report.step)} steps; training goes on from there${report.backend === 'webgpu' ? ', once its shaders are compiled' : ''}.`,
      );
      break;
    case 'paused':
      if (report.step > 0) status.say(`Paused after ${count(report.step)} steps.`);
      break;
    case 'done':
      become('ended');
      status.say(`Done: ${report.why}.`);
      break;
    case 'failed':
      if (report.fatal) become('ended');
      if (report.backend !== undefined) backends.chosen = report.backend;
      status.say(report.message, { failed: true });
      break;
    default:
      report satisfies never;
  }
}

worker.addEventListener('message', ({ data }: MessageEvent<Report>) => receive(data));
worker.addEventListener('error', ({ message }) => {
  status.say(`The worker failed: ${message === '' ? 'it could not be loaded' : message}`, { failed: true });
});
showProblem();
send({ kind: 'open', page: document.baseURI });
start({ running: false, compare: false });
