import type { Shape, Shapes } from './shapes.ts';

/** Text as it stands in XML and HTML. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const short = (x: number) => String(Number(x.toFixed(2)));

export function svgOf({ width, height, shapes, title }: Shapes): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...shapes.map(element),
    '</svg>',
  ].join('\n');
}

function element(shape: Shape): string {
  switch (shape.kind) {
    case 'line': {
      const points = shape.points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
      const dashes = shape.dashed === true ? ' stroke-dasharray="5 4"' : '';
      return `<polyline points="${points}" fill="none" stroke="${shape.colour}" stroke-width="${shape.width}" stroke-linejoin="round"${dashes}/>`;
    }
    case 'box':
      return `<rect x="${short(shape.x)}" y="${short(shape.y)}" width="${short(shape.width)}" height="${short(shape.height)}" fill="${shape.colour}"/>`;
    case 'dot':
      return `<circle cx="${short(shape.x)}" cy="${short(shape.y)}" r="${shape.radius}" fill="${shape.colour}" stroke="${shape.edge}"/>`;
    case 'text':
      return `<text x="${short(shape.x)}" y="${short(shape.y + 4)}" text-anchor="${shape.anchor}" fill="${shape.colour}">${escaped(shape.text)}</text>`;
    default:
      return shape satisfies never;
  }
}
