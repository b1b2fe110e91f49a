import {
  checkOptions,
  type DType,
  dtypeOf,
  type FieldsOf,
  field,
  OptionError,
  type Shape,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import { type ByteTarget, type Saved, type SaveOptions, saveFields, writeAll } from './files/write-file.ts';
import { elementBytes, encodeHeader } from './header.ts';

/** A tensor whose elements are there, or are given when their turn comes. */
export type Writable =
  | { readonly shape: Shape; readonly dtype?: DType; readonly data: TypedArray }
  | { readonly shape: Shape; readonly dtype: DType; readonly data: () => Promise<TypedArray> };

export interface WriteOptions extends SaveOptions {
  /** Texts by name in the header. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const writeFields = { ...saveFields, metadata: field.named(field.text()) } satisfies FieldsOf<WriteOptions>;

/**
 * Writes tensors, one at a time, in their order. A path is written whole or not at all, a stream is closed at the end.
 * @throws OptionError for a tensor called `__metadata__`, or one whose data are not of its shape.
 */
export async function writeSafetensors(
  target: ByteTarget,
  tensors: Readonly<Record<string, Writable>> | ReadonlyMap<string, Writable>,
  options: WriteOptions = {},
): Promise<Saved> {
  const { metadata = {}, ...rest } = checkOptions('writeSafetensors', options, writeFields);
  const all: ReadonlyMap<string, Writable> =
    tensors instanceof Map ? tensors : new Map(Object.entries(tensors));
  if (all.has('__metadata__'))
    throw new OptionError({
      got: "a tensor called '__metadata__'",
      expected: 'another name: the format has this one',
    });
  const chunks = async function* () {
    const header = encodeHeader(new Map([...all].map(([name, each]) => [name, specOf(each)])), metadata);
    yield header.bytes;
    for (const [name, { data }] of all) {
      const bytes = elementBytes(typeof data === 'function' ? await data() : data);
      const wanted = header.sizes.get(name);
      if (bytes.length !== wanted)
        throw new OptionError({
          got: `${bytes.length} bytes of '${name}'`,
          expected: `${wanted}, as its shape says`,
        });
      yield bytes;
    }
  };
  return writeAll(target, chunks(), rest);
}

function specOf(given: Writable): TensorSpec {
  const { shape, dtype } = given;
  if (dtype !== undefined) return { shape, dtype };
  return { shape, dtype: dtypeOf(given.data) };
}
