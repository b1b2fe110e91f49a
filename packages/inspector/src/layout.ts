import type { Folded } from './folding.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
}

export interface LayoutOptions {
  /** Which way the layers go on. */
  readonly direction: 'right' | 'down';
  readonly width: number;
  readonly height: number;
  /** The space between layers, and between the boxes of one. */
  readonly gap: readonly [between: number, beside: number];
}

export interface Layout {
  /** The upper left corner of each item. */
  readonly boxes: readonly Box[];
  readonly width: number;
  readonly height: number;
}

/**
 * Items in layers: each as far on as its longest way from the beginning, but what only begins there stands right before its reader.
 * Within a layer they are in the order of their neighbours before. An edge backwards, as of a group that is left and entered again, moves nothing.
 */
export function layout({ items, edges }: Folded, options: LayoutOptions): Layout {
  const forward = edges.filter(({ from, to }) => from < to);
  const ranks = new Array<number>(items.length).fill(0);
  // Items are in order: all that comes into one is known before.
  items.forEach((_, i) => {
    for (const { from, to } of forward)
      if (to === i) ranks[i] = Math.max(ranks[i] ?? 0, (ranks[from] ?? 0) + 1);
  });
  const entered = new Set(forward.map(({ to }) => to));
  items.forEach((_, i) => {
    if (entered.has(i)) return;
    const readers = forward.filter(({ from }) => from === i).map(({ to }) => ranks[to] ?? 0);
    if (readers.length > 0) ranks[i] = Math.min(...readers) - 1;
  });
  const layers: number[][] = [];
  items.forEach((_, i) => {
    const rank = ranks[i] ?? 0;
    layers[rank] = [...(layers[rank] ?? []), i];
  });
  const places = new Map<number, number>();
  for (const layer of layers) {
    const wish = (item: number) => {
      const before = forward.filter(({ to, from }) => to === item && places.has(from));
      const sum = before.reduce((total, { from }) => total + (places.get(from) ?? 0), 0);
      // What begins here, such as a weight, stands behind what goes through.
      return before.length === 0 ? Infinity : sum / before.length;
    };
    layer?.sort((a, b) => wish(a) - wish(b) || a - b);
    layer?.forEach((item, i) => {
      places.set(item, i);
    });
  }
  return placed(layers, items.length, options);
}

function placed(layers: readonly number[][], count: number, options: LayoutOptions): Layout {
  const { direction, width, height, gap } = options;
  const [between, beside] = gap;
  const right = direction === 'right';
  const [along, across] = right ? [width, height] : [height, width];
  const boxes = new Array<Box>(count).fill({ x: 0, y: 0 });
  layers.forEach((layer, rank) => {
    layer.forEach((item, i) => {
      const [on, aside] = [rank * (along + between), i * (across + beside)];
      boxes[item] = right ? { x: on, y: aside } : { x: aside, y: on };
    });
  });
  const most = Math.max(1, ...layers.map((layer) => layer.length));
  const [length, breadth] = [layers.length * (along + between) - between, most * (across + beside) - beside];
  return { boxes, width: right ? length : breadth, height: right ? breadth : length };
}
