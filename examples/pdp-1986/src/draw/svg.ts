/** Attributes of an element of SVG. */
type Attributes = Readonly<Record<string, string | number>>;

/** An element with what stands in it. */
export function element(name: string, attributes: Attributes, ...inside: readonly string[]): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${shown(value)}"`);
  const open = `<${name}${given.join('')}`;
  return inside.length === 0 ? `${open}/>` : `${open}>${inside.join('')}</${name}>`;
}

/** Words at a place; their middle is there unless `anchor` says otherwise. */
export function text(x: number, y: number, words: string, attributes: Attributes = {}): string {
  return element('text', { x, y, 'text-anchor': 'middle', ...attributes }, escaped(words));
}

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A whole picture on white, so that it is seen on dark pages, too; `title` is for who cannot see it. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  const size = { width, height, viewBox: `0 0 ${shown(width)} ${shown(height)}` };
  const style = {
    xmlns: 'http://www.w3.org/2000/svg',
    'font-family': 'Helvetica, Arial, sans-serif',
    'font-size': 12,
  };
  const paper = element('rect', { width, height, fill: 'white' });
  return `${element('svg', { ...style, ...size }, element('title', {}, escaped(title)), paper, ...parts.map((part) => `\n${part}`), '\n')}\n`;
}

/** Two digits after the point are finer than a screen is. */
function shown(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

export const ink = { excite: '#1b1b1b', inhibit: '#c2412d', frame: '#9a9a9a', note: '#555555' } as const;
