import { CheckpointError, checkOptions, type FieldsOf, field, UnsupportedError } from '@pullback/core';
import type { Placed } from './files/byte-reader.ts';

export interface RangesOptions {
  /** The platform's when left out. */
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

const rangesFields = {
  fetch: field.callable<typeof fetch>('a function as fetch'),
  headers: field.named(field.text()),
} satisfies FieldsOf<RangesOptions>;

/**
 * A file of the web, of which only those bytes are fetched that are read. Source: RFC 9110, 14.
 * @throws UnsupportedError where the server knows no ranges, CheckpointError for an answer without success or a file that changed meanwhile.
 */
export async function ranges(url: string | URL, options: RangesOptions = {}): Promise<Placed> {
  const { fetch: get = fetch, headers = {} } = checkOptions('ranges', options, rangesFields);
  const ask = async (start: number, end: number) => {
    const response = await get(url, { headers: { ...headers, range: `bytes=${start}-${end - 1}` } });
    if (response.status === 206) return response;
    await response.body?.cancel();
    if (response.ok)
      throw new UnsupportedError({
        got: `all of '${url}' in answer to a range`,
        expected: 'status 206',
        hint: 'This server knows no ranges: await fetch(url) reads the file as a stream.',
      });
    throw new CheckpointError({
      got: `the answer ${response.status} ${response.statusText}`,
      expected: 'a part of the file',
      at: String(url),
    });
  };
  const first = await ask(0, 1);
  const size = sizeOf(first);
  const tag = first.headers.get('etag');
  await first.body?.cancel();
  if (size === undefined)
    throw new UnsupportedError({
      got: `'${url}' without its length`,
      expected: 'content-range: bytes 0-0/LENGTH',
    });
  return {
    size,
    range: async (start, end) => {
      const response = await ask(start, end);
      if (sizeOf(response) !== size || response.headers.get('etag') !== tag)
        throw new CheckpointError({ got: 'another file than before', expected: 'the same', at: String(url) });
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

function sizeOf({ headers }: Response): number | undefined {
  const size = Number(/^bytes .*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]);
  return Number.isSafeInteger(size) ? size : undefined;
}
