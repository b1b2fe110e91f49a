/** A colour as `#rrggbb`. */
export type Colour = `#${string}`;

export type Shape =
  | {
      readonly kind: 'line';
      readonly points: readonly (readonly [x: number, y: number])[];
      readonly colour: Colour;
      readonly width: number;
      readonly dashed?: boolean;
    }
  | {
      readonly kind: 'box';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly colour: Colour;
    }
  | {
      readonly kind: 'dot';
      readonly x: number;
      readonly y: number;
      readonly radius: number;
      readonly colour: Colour;
      readonly edge: Colour;
    }
  | {
      readonly kind: 'text';
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly colour: Colour;
    };

/** Shapes on white, later ones over earlier ones; y goes down. */
export interface Shapes {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
  /** A description for those who cannot see them. */
  readonly title: string;
}
