import {
  type Backend,
  type Binding,
  type Buffer,
  type Executable,
  evaluate,
  fit,
  formatProgram,
  type Program,
  type Tensor,
  type TensorLike,
  trace,
  type Value,
} from '@pullback/core';
import type { Batch, Callback, Model, ModelGraph } from '@pullback/train';
import type { FrameData, GraphData, Listing, Numbers } from '../data.ts';
import type { Flag } from '../flags.ts';
import { type Described, described, type Naming } from './described.ts';
import { differencesOf } from './differences.ts';
import { examined } from './examined.ts';
import { type Probe, probeOf } from './sampled.ts';

/** The parts of a model that a recorder needs: those of every float dtype, of `pullback` and of `@pullback/train`. */
export type Recorded = Pick<Model, 'backend' | 'stepCount' | 'graph' | 'weights' | 'states'>;

export interface RecorderOptions {
  /** Texts to be shown beside the graph's Program, such as `{ name: 'Kernels', text: model.explain(batch) }`. */
  readonly listings?: readonly Listing[];
}

/** The numbers to compute for one frame: each Value once, however often it is shown. */
class Frame {
  readonly #wanted = new Map<Value, number>();
  readonly #probes = new Map<Value, Probe>();

  constructor(readonly what: Described) {
    for (const value of [...what.values, ...what.gradients, ...what.edges]) {
      if (value === undefined || this.#probes.has(value)) continue;
      const probe = probeOf(value);
      this.#probes.set(value, probe);
      for (const each of probe.wanted) if (!this.#wanted.has(each)) this.#wanted.set(each, this.#wanted.size);
    }
  }

  get wanted(): Value[] {
    return [...this.#wanted.keys()];
  }

  read(numbers: readonly Tensor[], step: number): FrameData {
    const known = new Map<Value, Numbers>();
    const numbersOf = (value: Value | undefined): Numbers | undefined => {
      const probe = value && this.#probes.get(value);
      if (value === undefined || probe === undefined) return undefined;
      const made =
        known.get(value) ??
        probe.read(probe.wanted.flatMap((each) => numbers[this.#wanted.get(each) ?? -1] ?? []));
      known.set(value, made);
      return made;
    };
    const values = this.what.values.map(numbersOf);
    return {
      step,
      loss: values[this.what.graph.loss]?.sample[0] ?? Number.NaN,
      values,
      gradients: this.what.gradients.map(numbersOf),
      edges: this.what.edges.map(numbersOf),
    };
  }
}

/** Any graph with its numbers, computed on the host: for small ones, and for what is no model. */
export function look(
  loss: Value,
  feeds: ReadonlyMap<Value, TensorLike>,
  naming: Naming,
  options: RecorderOptions & { readonly differences?: boolean; readonly step?: number } = {},
): {
  readonly graph: GraphData;
  readonly frame: FrameData;
  /** The node of that place by itself, on numbers of many sizes; see `examined`. */
  readonly examine: (node: number) => Flag[];
} {
  const what = described(loss, naming);
  const frame = new Frame(what);
  const read = frame.read(evaluate(frame.wanted, feeds), options.step ?? 0);
  const checked = options.differences === true ? differencesOf(what, loss, feeds) : {};
  const program = trace([...feeds.keys()], [loss, ...what.gradients.filter((value) => value !== undefined)]);
  return {
    graph: graphWith(what, program, options.listings),
    frame: { ...read, ...checked },
    examine: (node) => examineIn(what, node),
  };
}

function examineIn({ vertices }: Described, node: number): Flag[] {
  const vertex = vertices[node];
  return vertex === undefined ? [] : examined(vertex, node);
}

function graphWith({ graph }: Described, program: Program, listings: readonly Listing[] = []): GraphData {
  return { ...graph, listings: [{ name: 'Program', text: formatProgram(program) }, ...listings] };
}

/** How the parts of a model's graph are called. */
export function namingOf(graph: ModelGraph): Naming {
  const leaves = new Map<Value, { kind: 'input' | 'target' | 'weight' | 'state'; path: string }>();
  for (const value of graph.feeds.keys()) {
    const { attributes } = value.vertex;
    const name = String(attributes['name'] ?? 'input');
    leaves.set(value, {
      kind: name.startsWith('target') ? 'target' : 'state',
      path: name.replace(/^target\/.*/, 't'),
    });
  }
  graph.inputs.forEach((value, i) => {
    leaves.set(value, { kind: 'input', path: graph.inputs.length === 1 ? 'x' : `x${i}` });
  });
  for (const { path, value } of graph.parameters) leaves.set(value, { kind: 'weight', path });
  const losses = graph.losses.map(({ name, kind }) => ({
    path: name === '' ? 'loss' : `loss/${name}`,
    kind,
  }));
  return { leaves, layers: [...graph.applications, ...losses], predictions: graph.predictions };
}

/** The Program of a frame on the backend where the model is. */
interface Bound {
  readonly backend: Backend;
  readonly executable: Executable;
  readonly binding: Binding;
  readonly given: readonly Buffer[];
  readonly made: readonly Buffer[];
}

/**
 * Looks at a model on one batch as often as it is asked to, on the backend where the model is: forward, and J^T g along every edge, with the
 * weights of that moment. Nothing is trained. Tensors of more than 1,024 elements are sampled there, so that little is read back.
 */
export class Recorder {
  readonly graph: GraphData;
  readonly #model: Recorded;
  readonly #batch: Batch;
  readonly #known: ModelGraph;
  readonly #frame: Frame;
  readonly #program: Program;
  readonly #inputs: readonly Value[];
  #on: Bound | undefined;

  private constructor(model: Recorded, batch: Batch, known: ModelGraph, listings: readonly Listing[]) {
    this.#model = model;
    this.#batch = batch;
    this.#known = known;
    const what = described(known.loss, namingOf(known));
    this.#frame = new Frame(what);
    this.#inputs = [...known.feeds.keys()];
    this.#program = trace(this.#inputs, this.#frame.wanted);
    const shown = trace(this.#inputs, [known.loss, ...what.gradients.filter((value) => value !== undefined)]);
    this.graph = graphWith(what, shown, listings);
  }

  /** @param batch some samples with their targets, `{ x, y }`: 16 to 64 show enough. */
  static async of(model: Recorded, batch: Batch, { listings = [] }: RecorderOptions = {}): Promise<Recorder> {
    return new Recorder(model, batch, await model.graph({ x: batch.x, target: batch.y }), listings);
  }

  /** The numbers of now. */
  async record(): Promise<FrameData> {
    const { backend, stepCount } = this.#model;
    const [weights, states] = [await this.#model.weights(), await this.#model.states()];
    const { binding, given, made } = await this.#ready(backend);
    const fresh = new Map<Value, TensorLike>();
    for (const { path, value } of this.#known.parameters)
      if (weights[path] !== undefined) fresh.set(value, weights[path]);
    this.#inputs.forEach((value, i) => {
      const buffer = given[i];
      const { attributes } = value.vertex;
      const like =
        fresh.get(value) ?? states[String(attributes['name'])] ?? this.#known.feeds.get(value) ?? [];
      if (buffer !== undefined) backend.write(buffer, fit(like, buffer.spec, 'a tensor').data);
    });
    binding.run();
    const numbers = await Promise.all(
      made.map(async (buffer) => ({ ...buffer.spec, data: await backend.read(buffer) })),
    );
    return this.#frame.read(numbers, stepCount);
  }

  /** `record`, in float64 on the host, with every J^T g beside differences: for small models. */
  async check(): Promise<FrameData> {
    const { x, y } = this.#batch;
    const graph = await this.#model.graph({ x, target: y }, { dtype: 'float64' });
    const { frame } = look(graph.loss, graph.feeds, namingOf(graph), { differences: true });
    return { ...frame, step: this.#model.stepCount };
  }

  /**
   * One node by itself, in float64 on the host: J^T g beside differences on numbers that the batch may not hold, and the derivative of J^T g. A
   * shape that the batch does not have is not tried: `@pullback/testing` does.
   */
  async examine(node: number): Promise<Flag[]> {
    const { x, y } = this.#batch;
    const graph = await this.#model.graph({ x, target: y }, { dtype: 'float64' });
    return examineIn(described(graph.loss, namingOf(graph)), node);
  }

  async #ready(backend: Backend): Promise<Bound> {
    if (this.#on?.backend === backend) return this.#on;
    // The model was moved: its old backend may be gone, with all that was on it.
    const executable = await backend.compile(this.#program);
    const given = this.#program.inputs.map((spec) => backend.allocate(spec));
    const made = this.#frame.wanted.map(({ spec }) => backend.allocate(spec));
    this.#on = { backend, executable, given, made, binding: executable.bind(given, made) };
    return this.#on;
  }

  /** Gives back what it holds on the model's backend. */
  dispose(): void {
    if (this.#on === undefined) return;
    const { backend, executable, binding, given, made } = this.#on;
    binding.dispose?.();
    executable.dispose?.();
    for (const buffer of [...given, ...made]) backend.free(buffer);
    this.#on = undefined;
  }
}

/**
 * A callback of `fit` that looks at the model while it is trained, and takes at most a share of the time for it.
 * @param send gets every frame: shows it, or sends it from a worker to its page.
 * @param options.share 0.03 when left out.
 */
export function recording(
  recorder: Recorder,
  send: (frame: FrameData) => void,
  { share = 0.03 }: { readonly share?: number } = {},
): Callback {
  let [next, took] = [0, 0];
  const look = async () => {
    const started = performance.now();
    if (started < next) return;
    send(await recorder.record());
    const now = performance.now();
    // Compiled for at the first look.
    took = took === 0 ? (now - started) / 4 : now - started;
    next = now + took / share - took;
  };
  return { step: look, epochEnd: look };
}
