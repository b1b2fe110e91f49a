import type { TypedArray } from '../tensors/dtype.ts';

/** One attribute of a primitive: plain data, or numbers held by reference. */
export type Attribute = number | string | boolean | readonly number[] | TypedArray | undefined;
export type Attributes = Readonly<Record<string, Attribute>>;
