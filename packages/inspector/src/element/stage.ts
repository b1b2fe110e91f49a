import type { FrameData, GraphData, Numbers } from '../data.ts';
import type { Flag } from '../flags.ts';
import { type Folded, fold, type Item, summed } from '../folding.ts';
import { type Layout, layout } from '../layout.ts';
import { short } from '../numbers.ts';
import { type Stop, walkOf } from '../walk.ts';
import { drawn, made, write } from './dom.ts';
import { type Palette, paintHeat } from './heat.ts';

const size = { width: 128, height: 92 };

interface Box {
  readonly button: HTMLButtonElement;
  readonly maps: readonly [value: HTMLCanvasElement, gradient: HTMLCanvasElement];
  readonly norms: readonly [value: HTMLElement, gradient: HTMLElement];
}

interface Line {
  readonly path: SVGElement;
  readonly label: SVGElement;
}

/** The view at the moment. */
export interface View {
  readonly frame: FrameData | undefined;
  readonly flags: readonly Flag[];
  /** How many stops of the walk were made. */
  readonly done: number;
  readonly selected: number | undefined;
  readonly palette: Palette;
}

/** The graph as boxes in layers, with what flows between them as lines. */
export class Stage {
  readonly element = made('div', {
    class: 'stage',
    attributes: { role: 'group', 'aria-label': 'The graph', tabindex: '0' },
  });
  folded: Folded = { items: [], edges: [] };
  stops: readonly Stop[] = [];
  #boxes: Box[] = [];
  #lines: Line[] = [];
  #graph: GraphData | undefined;

  /** @param select called with the item that was chosen, and whether it shall be opened. */
  constructor(readonly select: (item: number, options: { readonly open: boolean }) => void) {}

  /** Draws the boxes anew. */
  build(graph: GraphData, open: ReadonlySet<number>, direction: 'right' | 'down'): void {
    this.#graph = graph;
    this.folded = fold(graph, open);
    this.stops = walkOf(this.folded, (item) => this.#returns(item));
    const placed = layout(this.folded, {
      direction,
      ...size,
      gap: direction === 'right' ? [56, 18] : [46, 14],
    });
    const graphElement = made('div', { class: 'graph' });
    graphElement.style.width = `${placed.width}px`;
    graphElement.style.height = `${placed.height}px`;
    const svg = drawn('svg', {
      width: String(placed.width),
      height: String(placed.height),
      'aria-hidden': 'true',
    });
    this.#lines = this.folded.edges.map(({ from, to, edges }) => {
      const { d, x, y } = curve(placed, from, to, direction);
      const unread = edges.every((edge) => (graph.edges[edge]?.input ?? 0) < 0);
      const path = drawn('path', { class: unread ? 'edge unread' : 'edge', d });
      const label = drawn('text', { x: String(x), y: String(y) });
      svg.append(path, label);
      return { path, label };
    });
    this.#boxes = this.folded.items.map((item, i) => this.#box(item, i, placed));
    graphElement.append(svg, ...this.#boxes.map(({ button }) => button));
    this.element.replaceChildren(graphElement);
  }

  #returns(item: number): boolean {
    const graph = this.#graph;
    if (graph === undefined) return false;
    const inside = new Set(this.folded.items[item]?.nodes);
    if (inside.has(graph.values[graph.loss]?.node ?? -1)) return true;
    return this.folded.edges.some(
      ({ from, edges }) => from === item && edges.some((edge) => graph.edges[edge]?.vjp !== ''),
    );
  }

  #box(item: Item, i: number, { boxes }: Layout): Box {
    const { name, path, equation } = titleOf(item, this.#graph);
    const maps = [made('canvas'), made('canvas')] as const;
    const norms = [made('span'), made('span')] as const;
    const button = made(
      'button',
      {
        class: item.group === undefined ? 'node' : 'node group',
        attributes: { type: 'button', 'aria-pressed': 'false' },
        click: () => this.select(i, { open: false }),
      },
      made('span', { class: 'name' }, made('span', { text: name }), made('i', { text: equation })),
      made('span', { class: 'maps', attributes: { 'aria-hidden': 'true' } }, ...maps),
      made('span', { class: 'norms' }, ...norms),
      made('span', { class: 'unseen', text: path === name ? '' : path }),
    );
    button.addEventListener('dblclick', () => this.select(i, { open: true }));
    button.addEventListener('keydown', (event) => this.#move(event, i));
    const { x = 0, y = 0 } = boxes[i] ?? {};
    Object.assign(button.style, {
      left: `${x}px`,
      top: `${y}px`,
      width: `${size.width}px`,
      height: `${size.height}px`,
    });
    return { button, maps, norms };
  }

  /** Arrows go along edges, + opens. */
  #move(event: KeyboardEvent, item: number): void {
    const { edges } = this.folded;
    const next =
      event.key === 'ArrowRight' || event.key === 'ArrowDown'
        ? edges.find(({ from }) => from === item)?.to
        : event.key === 'ArrowLeft' || event.key === 'ArrowUp'
          ? edges.find(({ to }) => to === item)?.from
          : undefined;
    if (event.key === '+') this.select(item, { open: true });
    if (next === undefined) return;
    event.preventDefault();
    this.#boxes[next]?.button.focus();
  }

  focus(item: number): void {
    this.#boxes[item]?.button.focus({ preventScroll: true });
  }

  /** Shows the numbers. */
  paint({ frame, flags, done, selected, palette }: View): void {
    const reached = { forward: new Set<number>(), backward: new Set<number>() };
    for (const { item, pass } of this.stops.slice(0, done)) reached[pass].add(item);
    const now = this.stops[done - 1];
    const under = done < this.stops.length;
    const flagged = new Set(flags.map(({ node }) => node));
    this.folded.items.forEach((item, i) => {
      const box = this.#boxes[i];
      if (box === undefined) return;
      const [value, gradient] = reached.forward.has(i) ? this.numbersOf(item, frame) : [undefined, undefined];
      const back = reached.backward.has(i) ? gradient : undefined;
      paintHeat(box.maps[0], value, palette);
      paintHeat(box.maps[1], back, palette);
      write(box.norms[0], value === undefined ? '' : `|y| ${short(value.norm)}`);
      write(box.norms[1], back === undefined ? '' : `|∇| ${short(back.norm)}`);
      const { classList } = box.button;
      classList.toggle('later', under && !reached.forward.has(i));
      classList.toggle('now', under && now?.item === i);
      classList.toggle(
        'flagged',
        item.nodes.some((node) => flagged.has(node)),
      );
      box.button.setAttribute('aria-pressed', String(selected === i));
    });
    for (const [i, edge] of this.folded.edges.entries())
      this.#paintLine(i, edge, { frame, reached, now: under ? now : undefined });
    if (under && now !== undefined) this.#show(now.item);
  }

  #paintLine(
    i: number,
    { from, to, edges }: Folded['edges'][number],
    {
      frame,
      reached,
      now,
    }: {
      frame: FrameData | undefined;
      reached: { forward: Set<number>; backward: Set<number> };
      now: Stop | undefined;
    },
  ): void {
    const line = this.#lines[i];
    if (line === undefined) return;
    const back = reached.backward.has(to) ? summed(edges.map((edge) => frame?.edges[edge])) : undefined;
    line.path.classList.toggle('back', back !== undefined);
    line.path.classList.toggle(
      'now',
      now !== undefined &&
        (now.pass === 'forward' ? now.item === to && reached.forward.has(from) : now.item === to),
    );
    // A decade is worth a pixel: gradients of many sizes are told apart.
    const width =
      back === undefined || back.norm === 0 ? 1.5 : Math.min(7, Math.max(1, 4 + Math.log10(back.norm)));
    line.path.setAttribute('stroke-width', width.toFixed(1));
    write(line.label, back === undefined ? '' : short(back.norm, 2));
  }

  #show(item: number): void {
    const button = this.#boxes[item]?.button;
    if (button === undefined) return;
    const { offsetLeft: x, offsetTop: y } = button;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.element;
    const left =
      x < scrollLeft || x + size.width > scrollLeft + clientWidth
        ? x - clientWidth / 2 + size.width / 2
        : scrollLeft;
    const top =
      y < scrollTop || y + size.height > scrollTop + clientHeight
        ? y - clientHeight / 2 + size.height / 2
        : scrollTop;
    if (left !== scrollLeft || top !== scrollTop) this.element.scrollTo(left, top);
  }

  /** The numbers of what an item makes last, and their gradient. */
  numbersOf(
    { outputs }: Item,
    frame: FrameData | undefined,
  ): readonly [Numbers | undefined, Numbers | undefined] {
    const output = outputs.findLast((value) => frame?.gradients[value] !== undefined) ?? outputs.at(-1) ?? -1;
    return [frame?.values[output], frame?.gradients[output]];
  }
}

/** The title of an item. */
export function titleOf(
  { node, group }: Item,
  graph: GraphData | undefined,
): { readonly name: string; readonly path: string; readonly equation: string } {
  if (group === undefined) return graph?.nodes[node ?? -1] ?? { name: '', path: '', equation: '' };
  const { path = '', name = '', equation = '', kind } = graph?.groups[group] ?? {};
  return { name: kind === 'layer' ? path.slice(path.lastIndexOf('/') + 1) : name, path, equation };
}

function curve({ boxes }: Layout, from: number, to: number, direction: 'right' | 'down') {
  const [a, b] = [boxes[from] ?? { x: 0, y: 0 }, boxes[to] ?? { x: 0, y: 0 }];
  const { width, height } = size;
  const right = direction === 'right';
  const start = right ? [a.x + width, a.y + height / 2] : [a.x + width / 2, a.y + height];
  const end = right ? [b.x, b.y + height / 2] : [b.x + width / 2, b.y];
  const [x0 = 0, y0 = 0] = start;
  const [x1 = 0, y1 = 0] = end;
  const bend = Math.max(24, (right ? Math.abs(x1 - x0) : Math.abs(y1 - y0)) / 2);
  const [c0, c1] = right
    ? [`${x0 + bend} ${y0}`, `${x1 - bend} ${y1}`]
    : [`${x0} ${y0 + bend}`, `${x1} ${y1 - bend}`];
  return {
    d: `M${x0} ${y0}C${c0} ${c1} ${x1} ${y1}`,
    x: right ? x1 - 32 : (x0 + x1) / 2,
    y: right ? (y0 + 3 * y1) / 4 + 4 : (y0 + y1) / 2 + 4,
  };
}
