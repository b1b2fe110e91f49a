import type { FrameData, GraphData } from '../data.ts';
import { type Flag, type FlagLimits, flagsOf } from '../flags.ts';
import { openedUpTo, summed } from '../folding.ts';
import { short } from '../numbers.ts';
import { Details, type Examination, nameOf } from './details.ts';
import { made, write } from './dom.ts';
import type { Colour, Palette } from './heat.ts';
import { Stage, titleOf } from './stage.ts';
import { style } from './style.ts';

/** So many frames are kept: of more, every second one goes. */
const mostFrames = 240;
const firstBoxes = 14;
const wide = 640;
const right = 'J^T g is that of differences, for numbers of all sizes that were tried.';

/**
 * `<pullback-inspector>`: a graph drawn in layers, the values and gradients of one step of training, and the walk (1.4) back through it one J^T
 * at a time. Give it a `graph`, then `show` frames as they come; both are plain data, as a worker sends them.
 */
export class InspectorElement extends HTMLElement {
  /** From which sizes on something is flagged. */
  limits: FlagLimits = {};
  /** Examines a node by itself: `Recorder.examine`, here or in a worker. Boxes have no button for it where this is left out. */
  examine: ((node: number) => Promise<readonly Flag[]>) | undefined;
  readonly #examined = new Map<number, string>();
  readonly #stage = new Stage((item, { open }) => this.#select(item, open));
  readonly #details = new Details();
  readonly #says = made('p', { class: 'says', attributes: { role: 'status' } });
  readonly #flags = made('ul', { class: 'flags', attributes: { 'aria-label': 'What looks wrong' } });
  readonly #scrub = made('input', {
    attributes: {
      type: 'range',
      min: '0',
      max: '0',
      value: '0',
      'aria-label': 'Training step that is shown',
    },
  });
  readonly #step = made('span');
  readonly #buttons = {
    first: button('|◀', 'To the beginning of the walk', () => this.#stop(0)),
    back: button('◀', 'One node back', () => this.#stop(this.#done - 1)),
    play: button('Walk', 'Walk forward and back, node by node', () => this.#play()),
    on: button('▶', 'One node on', () => this.#stop(this.#done + 1)),
    last: button('▶|', 'To the end of the walk', () => this.#stop(Infinity)),
    open: button('Open all', 'Open all groups', () => this.#openAll()),
    fold: button('Fold', 'Fold to layers', () => this.#foldAll()),
  };
  readonly #keys = {
    low: made('span', { class: 'low', text: '■ negative' }),
    middle: made('span', { class: 'middle' }),
    high: made('span', { class: 'high', text: '■ positive' }),
  };
  #graph: GraphData | undefined;
  #frames: FrameData[] = [];
  #seen = -1;
  #open = new Set<number>();
  #selected: number | undefined;
  #done = 0;
  #ended = true;
  #timer: ReturnType<typeof setInterval> | undefined;
  #waiting = false;
  #direction: 'right' | 'down' = 'right';

  constructor() {
    super();
    const { first, back, play, on, last, open, fold } = this.#buttons;
    const root = this.attachShadow({ mode: 'open' });
    // A sheet of its own, and no element: pages may forbid styles in line.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    root.append(
      made(
        'div',
        { class: 'bar', attributes: { role: 'group', 'aria-label': 'The walk' } },
        made('div', {}, first, back, play, on, last),
        made('label', {}, document.createTextNode('Step'), this.#scrub, this.#step),
        made('div', {}, open, fold),
      ),
      this.#says,
      this.#flags,
      made(
        'p',
        { class: 'legend' },
        this.#keys.low,
        this.#keys.high,
        this.#keys.middle,
        document.createTextNode('left y, right ∇ = dE/dy; on lines |J^T g|, thicker by decades'),
      ),
      made('div', { class: 'body' }, this.#stage.element, this.#details.element),
    );
    this.#scrub.addEventListener('input', () => {
      this.#seen = Number(this.#scrub.value);
      this.#changed();
    });
  }

  connectedCallback(): void {
    new ResizeObserver(() => this.#turn()).observe(this);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#changed());
    this.#changed();
  }

  disconnectedCallback(): void {
    this.#rest();
  }

  get graph(): GraphData | undefined {
    return this.#graph;
  }
  /** A new graph begins without numbers. */
  set graph(graph: GraphData | undefined) {
    this.#rest();
    const old = this.#graph;
    this.#graph = graph;
    this.#frames = [];
    this.#seen = -1;
    this.#examined.clear();
    // Groups that were open stay open in a graph of the same make, as after a setting was changed.
    const paths = new Set([...this.#open].map((group) => old?.groups[group]?.path));
    const same =
      old !== undefined &&
      graph?.groups.map(({ path }) => path).join() === old.groups.map(({ path }) => path).join();
    this.#open =
      graph === undefined
        ? new Set()
        : same
          ? new Set([...graph.groups.keys()].filter((i) => paths.has(graph.groups[i]?.path)))
          : openedUpTo(graph, firstBoxes);
    if (!same) this.#selected = undefined;
    this.#build();
  }

  get frames(): readonly FrameData[] {
    return this.#frames;
  }

  /** The flags of the frame that is seen. */
  get flags(): readonly Flag[] {
    return this.#graph === undefined
      ? []
      : flagsOf(this.#graph, this.#frames.slice(Math.max(0, this.#seen - 1), this.#seen + 1), this.limits);
  }

  /** Adds the numbers of a step; where the last ones were seen these are seen now. */
  show(frame: FrameData): void {
    const atEnd = this.#seen === this.#frames.length - 1;
    this.#frames.push(frame);
    if (this.#frames.length > mostFrames) {
      this.#frames = this.#frames.filter((_, i) => i % 2 === 1);
      this.#seen >>= 1;
    }
    if (atEnd) this.#seen = this.#frames.length - 1;
    this.#changed();
  }

  #turn(): void {
    const direction = this.clientWidth >= wide ? 'right' : 'down';
    if (direction === this.#direction) return;
    this.#direction = direction;
    this.#build();
  }

  #build(): void {
    if (this.#graph !== undefined) this.#stage.build(this.#graph, this.#open, this.#direction);
    this.#ended = true;
    this.#done = this.#stage.stops.length;
    this.#changed();
  }

  /** Painted once a frame of the screen, however much is new. */
  #changed(): void {
    if (this.#waiting || !this.isConnected) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#paint();
    });
  }

  #paint(): void {
    const graph = this.#graph;
    const frame = this.#frames[this.#seen];
    const { flags } = this;
    const { stops, folded } = this.#stage;
    const palette = this.#palette();
    this.#scrub.max = String(Math.max(0, this.#frames.length - 1));
    this.#scrub.value = String(Math.max(0, this.#seen));
    this.#scrub.disabled = this.#frames.length < 2;
    this.#scrub.setAttribute('aria-valuetext', frame === undefined ? 'none' : `step ${frame.step}`);
    write(this.#step, frame === undefined ? '–' : `${frame.step}, E ${short(frame.loss)}`);
    const { first, back, on, last, play } = this.#buttons;
    first.disabled = back.disabled = this.#done === 0;
    on.disabled = last.disabled = this.#done >= stops.length;
    play.disabled = graph === undefined;
    this.#stage.paint({ frame, flags, done: this.#done, selected: this.#selected, palette });
    this.#paintFlags(flags);
    this.#say(frame);
    const item = this.#selected;
    this.#details.show(
      graph === undefined || item === undefined
        ? undefined
        : {
            graph,
            folded,
            item,
            frame,
            palette,
            toggle: (group) => this.#toggle(group),
            examination: this.#examinationOf(graph, folded.items[item]?.node),
          },
    );
  }

  #examinationOf({ nodes }: GraphData, node: number | undefined): Examination | undefined {
    const { examine } = this;
    if (examine === undefined || node === undefined || nodes[node]?.kind !== 'node') return undefined;
    const say = (words: string) => {
      this.#examined.set(node, words);
      this.#changed();
    };
    const begin = () => {
      say('…');
      examine(node).then(
        (flags) => say(flags.length === 0 ? right : flags.map(({ message }) => message).join('; ')),
        (failure: unknown) => say(String(failure)),
      );
    };
    return { said: this.#examined.get(node) ?? '', begin };
  }

  #say(frame: FrameData | undefined): void {
    const { stops, folded } = this.#stage;
    const stop = stops[this.#done - 1];
    if (this.#done >= stops.length || stop === undefined || this.#graph === undefined) {
      const words =
        stops.length === 0
          ? 'No graph yet.'
          : this.#done === 0
            ? 'Before the first node.'
            : 'All of the walk is shown, forward and back. Step through it, or choose a box.';
      write(this.#says, words);
      return;
    }
    const item = folded.items[stop.item];
    if (item === undefined) return;
    const { name, equation } = titleOf(item, this.#graph);
    const [value, gradient] = this.#stage.numbersOf(item, frame);
    const coming = folded.edges.filter(({ to }) => to === stop.item);
    const graph = this.#graph;
    const back = coming.flatMap(({ edges, from }) => {
      const norm = summed(edges.map((edge) => frame?.edges[edge]))?.norm;
      return norm === undefined ? [] : [`${short(norm)} towards ${nameOf(folded.items[from], graph)}`];
    });
    const at = `${this.#done} of ${stops.length}, `;
    const text =
      stop.pass === 'forward'
        ? `${at}forward: ${equation === '' ? name : `${name} ${equation}`} gives |y| = ${short(value?.norm ?? Number.NaN)}.`
        : `${at}back: |g| = ${short(gradient?.norm ?? Number.NaN)} came to ${name}${back.length === 0 ? ', where the walk ends.' : `; |J^T g| = ${back.join(', ')}.`}`;
    write(this.#says, text);
  }

  #paintFlags(flags: readonly Flag[]): void {
    const texts = flags.map(({ kind, message }) => `${kind}: ${message}`);
    if (texts.join('\n') === Array.from(this.#flags.children, ({ textContent }) => textContent).join('\n'))
      return;
    this.#flags.replaceChildren(
      ...flags.map(({ kind, message, node }) =>
        made(
          'li',
          {},
          made(
            'button',
            { attributes: { type: 'button' }, click: () => this.#reveal(node) },
            made('b', { text: kind }),
            document.createTextNode(`: ${message}`),
          ),
        ),
      ),
    );
  }

  /** Opens all that a node is in, and chooses it. */
  #reveal(node: number): void {
    for (const group of this.#graph?.nodes[node]?.groups ?? []) this.#open.add(group);
    this.#build();
    this.#selected = this.#stage.folded.items.findIndex((item) => item.node === node);
    this.#stage.focus(this.#selected);
  }

  #select(item: number, open: boolean): void {
    const { group } = this.#stage.folded.items[item] ?? {};
    if (open && group !== undefined) this.#toggle(group);
    else this.#selected = item;
    this.#changed();
  }

  #toggle(group: number): void {
    const first = this.#graph?.nodes.findIndex(({ groups }) => groups.includes(group));
    if (this.#open.has(group)) this.#open.delete(group);
    else this.#open.add(group);
    this.#build();
    this.#selected = this.#stage.folded.items.findIndex(
      ({ nodes }) => first !== undefined && nodes.includes(first),
    );
    this.#stage.focus(this.#selected);
  }

  #openAll(): void {
    this.#open = new Set(this.#graph?.groups.keys());
    this.#selected = undefined;
    this.#build();
  }

  #foldAll(): void {
    this.#open = this.#graph === undefined ? new Set() : openedUpTo(this.#graph, firstBoxes);
    this.#selected = undefined;
    this.#build();
  }

  #stop(at: number): void {
    this.#rest();
    this.#walkTo(at);
  }

  #walkTo(at: number): void {
    const { length } = this.#stage.stops;
    this.#done = Math.min(length, Math.max(0, at));
    this.#ended = this.#done === length;
    this.#changed();
  }

  #play(): void {
    const walking = this.#timer !== undefined;
    this.#rest();
    if (walking) return;
    if (this.#ended) this.#walkTo(0);
    this.#buttons.play.textContent = 'Rest';
    const pause = matchMedia('(prefers-reduced-motion: reduce)').matches ? 1600 : 700;
    this.#timer = setInterval(() => {
      this.#walkTo(this.#done + 1);
      if (this.#ended) this.#rest();
    }, pause);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#buttons.play.textContent = 'Walk';
  }

  /** The colours as the page has them now, light or dark. */
  #palette(): Palette {
    const read = (element: Element): Colour => {
      const [red = 0, green = 0, blue = 0] = (getComputedStyle(element).color.match(/[\d.]+/g) ?? []).map(
        Number,
      );
      return [red, green, blue];
    };
    const { low, middle, high } = this.#keys;
    return { low: read(low), middle: read(middle), high: read(high), lost: [220, 0, 160] };
  }
}

function button(text: string, label: string, click: () => void): HTMLButtonElement {
  return made('button', { text, attributes: { type: 'button', 'aria-label': label, title: label }, click });
}

/** Makes `<pullback-inspector>` known to the page, under another name if one is given; a second time it does nothing. */
export function defineInspector(name = 'pullback-inspector'): void {
  if (customElements.get(name) === undefined) customElements.define(name, InspectorElement);
}

declare global {
  interface HTMLElementTagNameMap {
    'pullback-inspector': InspectorElement;
  }
}
