import { encodePng } from '@pullback/images';
import { rasterized } from './raster.ts';
import type { Shape, Shapes } from './shapes.ts';
import { svgOf } from './svg.ts';
import { type TerminalOptions, terminalText } from './terminal.ts';

/** Shapes on white, later ones over earlier ones; y goes down. */
export class Picture implements Shapes {
  constructor(
    readonly width: number,
    readonly height: number,
    readonly shapes: readonly Shape[],
    /** A description for those who cannot see it. */
    readonly title: string,
  ) {}

  /** As SVG, which stays sharp at any size. */
  toSvg(): string {
    return svgOf(this);
  }

  /** As a PNG file, `scale` pixels for each unit. */
  toPng({ scale = 2 }: { readonly scale?: number } = {}): Uint8Array {
    return encodePng(rasterized(this, scale));
  }

  /** As lines of text: dots of Braille for lines, blocks for boxes. */
  toText(options: TerminalOptions = {}): string {
    return terminalText(this, options);
  }
}
