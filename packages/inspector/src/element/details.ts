import type { EdgeData, FrameData, GraphData, Numbers } from '../data.ts';
import { type Folded, type Item, summed } from '../folding.ts';
import { rangeOf, short } from '../numbers.ts';
import { made } from './dom.ts';
import { type Palette, paintHeat, paintHistogram } from './heat.ts';
import { titleOf } from './stage.ts';

/** A node by itself, beside differences. */
export interface Examination {
  /** The outcome; '' before it is begun. */
  readonly said: string;
  readonly begin: () => void;
}

export interface Shown {
  readonly graph: GraphData;
  readonly folded: Folded;
  readonly item: number;
  readonly frame: FrameData | undefined;
  readonly palette: Palette;
  /** Opens a group, or closes it. */
  readonly toggle: (group: number) => void;
  readonly examination: Examination | undefined;
}

const most = 6;

/** All that is known of one box: its formula, its numbers, and what it sends back along each edge. */
export class Details {
  readonly element = made('div', {
    class: 'details',
    attributes: { role: 'region', 'aria-label': 'The chosen node', tabindex: '0' },
  });
  #listing = 0;

  show(shown: Shown | undefined): void {
    // The place that is scrolled to and the field that is focused stay so while numbers come.
    const { scrollTop } = this.element;
    const focused = this.element.getRootNode();
    const name = focused instanceof ShadowRoot ? focused.activeElement?.getAttribute('data-name') : undefined;
    this.element.replaceChildren(
      ...(shown === undefined
        ? [made('p', { class: 'quiet', text: 'Choose a box for its numbers.' })]
        : this.#parts(shown)),
    );
    this.element.scrollTop = scrollTop;
    if (name !== null && name !== undefined)
      this.element.querySelector<HTMLElement>(`[data-name="${name}"]`)?.focus();
  }

  #parts({ graph, folded, item: place, frame, palette, toggle, examination }: Shown): Node[] {
    const item = folded.items[place];
    if (item === undefined) return [];
    const { name, path, equation } = titleOf(item, graph);
    const output =
      item.outputs.findLast((value) => frame?.gradients[value] !== undefined) ?? item.outputs.at(-1) ?? -1;
    const { shape = [], dtype = '' } = graph.values[output] ?? {};
    const formula = item.node === undefined ? '' : (graph.nodes[item.node]?.formula ?? '');
    return [
      made('h3', { text: name }),
      made('p', {
        class: 'quiet',
        text: [path, equation, `${dtype}[${shape.join(', ')}]`].filter((part) => part !== '').join(' · '),
      }),
      ...(formula === '' ? [] : [made('p', {}, made('code', { text: formula }))]),
      ...this.#groups(item, graph, toggle),
      ...numbersOf('Value', frame?.values[output], palette),
      ...numbersOf('Gradient, dE/dy', frame?.gradients[output], palette),
      ...this.#edges(graph, folded, place, frame),
      ...examined(examination),
      ...this.#listings(graph, path),
    ];
  }

  #groups(item: Item, { groups, nodes }: GraphData, toggle: (group: number) => void): Node[] {
    const around =
      item.node === undefined ? (nodes[item.nodes[0] ?? -1]?.groups ?? []) : (nodes[item.node]?.groups ?? []);
    const outer = item.group === undefined ? around : around.slice(0, around.indexOf(item.group));
    const button = (text: string, group: number) =>
      made('button', { text, attributes: { type: 'button', 'data-name': text }, click: () => toggle(group) });
    return [
      ...(item.group === undefined ? [] : [button('Open', item.group), document.createTextNode(' ')]),
      ...outer.flatMap((group) => [
        button(`Fold ${groups[group]?.path ?? ''}`, group),
        document.createTextNode(' '),
      ]),
    ];
  }

  #edges(graph: GraphData, folded: Folded, place: number, frame: FrameData | undefined): Node[] {
    const coming = folded.edges.filter(
      ({ to, edges }) => to === place && edges.some((edge) => graph.edges[edge]?.vjp !== ''),
    );
    if (coming.length === 0) return [];
    const parts = coming.flatMap(({ edges, from }) => {
      const towards = nameOf(folded.items[from], graph);
      const back = summed(edges.map((edge) => frame?.edges[edge]));
      const inner = edges.flatMap((edge) => graph.edges[edge] ?? []);
      return [
        made(
          'p',
          {},
          made('b', { text: `towards ${towards}` }),
          document.createTextNode(` ${equationsOf(graph, folded.items[place], inner)}`),
        ),
        ...[...new Set(inner.map(({ vjp }) => vjp))]
          .filter((vjp) => vjp !== '')
          .map((vjp) => made('p', {}, made('code', { text: vjp }))),
        ...(back === undefined
          ? []
          : [made('p', { class: 'quiet', text: `|J^T g| = ${short(back.norm, 4)}` }), table(back)]),
      ];
    });
    return [made('h4', { text: 'J^T g: what goes back' }), ...parts];
  }

  #listings({ listings }: GraphData, path: string): Node[] {
    if (listings.length === 0) return [];
    const text = made('pre', { attributes: { tabindex: '0', 'aria-label': 'The text' } });
    const choice = made('select', { attributes: { 'aria-label': 'Text', 'data-name': 'listing' } });
    choice.append(...listings.map(({ name }, i) => new Option(name, String(i))));
    const show = () => {
      this.#listing = Math.max(0, choice.selectedIndex);
      text.replaceChildren(...marked(listings[this.#listing]?.text ?? '', path));
    };
    choice.selectedIndex = Math.min(this.#listing, listings.length - 1);
    choice.addEventListener('change', show);
    show();
    return [made('h4', { text: 'How it is computed' }), choice, text];
  }
}

function examined(examination: Examination | undefined): Node[] {
  if (examination === undefined) return [];
  const button = made('button', {
    text: 'Examine',
    attributes: { type: 'button', 'data-name': 'Examine' },
    click: examination.begin,
  });
  return [
    made('h4', { text: 'By itself, beside differences' }),
    button,
    made('p', { text: examination.said, attributes: { role: 'status' } }),
  ];
}

/** The name of a box. */
export const nameOf = (item: Item | undefined, graph: GraphData): string =>
  item === undefined ? '' : titleOf(item, graph).name;

function equationsOf({ groups }: GraphData, item: Item | undefined, edges: readonly EdgeData[]): string {
  const whole = item?.group === undefined ? '' : (groups[item.group]?.back ?? '');
  return whole === ''
    ? [...new Set(edges.map(({ equation }) => equation))].filter((each) => each !== '').join(' ')
    : whole;
}

function numbersOf(title: string, numbers: Numbers | undefined, palette: Palette): Node[] {
  if (numbers === undefined) return [];
  const { norm, count, sample } = numbers;
  const range = rangeOf(sample);
  const [map, bars] = [made('canvas'), made('canvas')];
  paintHeat(map, numbers, palette);
  paintHistogram(bars, numbers, palette);
  const between = range === undefined ? 'no finite number' : `${short(range[0])} to ${short(range[1])}`;
  const part = sample.length < count ? `, ${sample.length} of ${count} shown` : '';
  return [
    made('h4', { text: title }),
    made('p', { class: 'quiet', text: `norm ${short(norm, 4)}, ${between}${part}` }),
    made('div', { class: 'picture', attributes: { 'aria-hidden': 'true' } }, map, bars),
    table(numbers),
  ];
}

function table({ rows, columns, sample }: Numbers): HTMLElement {
  const [height, width] = [Math.min(rows, most), Math.min(columns, most)];
  const body = Array.from({ length: height }, (_, row) => {
    const cells = Array.from({ length: width }, (__, column) =>
      made('td', { text: short(sample[row * columns + column] ?? 0) }),
    );
    if (columns > width) cells.push(made('td', { text: '…' }));
    return made('tr', {}, ...cells);
  });
  if (rows > height) body.push(made('tr', {}, made('td', { text: '…' })));
  return made('div', { class: 'numbers' }, made('table', {}, made('tbody', {}, ...body)));
}

/** The lines, those that come from the node marked. */
function marked(text: string, path: string): Node[] {
  return text.split('\n').flatMap((line) => {
    const own = path !== '' && line.includes(path);
    return [
      own ? made('mark', { text: line }) : document.createTextNode(line),
      document.createTextNode('\n'),
    ];
  });
}
