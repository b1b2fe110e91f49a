import { checkOptions, DataError, type FieldsOf, field, type Tensor, UnknownNameError } from '@pullback/core';

export interface CsvOptions {
  /** One character: a comma when left out. */
  readonly separator?: string;
  /** Whether the first row has the names of the columns; true when left out. Else they are '0', '1' and so on. */
  readonly header?: boolean;
  /** A number for fields that are empty; they are refused where numbers are asked for when left out. */
  readonly missing?: number;
}

const csvFields = {
  separator: field.one<string>(
    'one character, no quote and no end of a line',
    (x) => typeof x === 'string' && x.length === 1 && !/["\r\n]/.test(x),
  ),
  header: field.flag(),
  missing: field.one<number>('a number, also NaN', (x) => typeof x === 'number'),
} satisfies FieldsOf<CsvOptions>;

/** The columns of a table by name. */
export interface Table {
  readonly names: readonly string[];
  /** How many rows there are below the names. */
  readonly count: number;
  /** The fields of a column as they stand. @throws UnknownNameError */
  texts(name: string): readonly string[];
  /** Columns side by side, [count, columns]: those that are named, or all. @throws UnknownNameError; DataError with row and column for what is no number. */
  numbers(...names: readonly string[]): Tensor;
  /** The classes of a column in order of their first row, and for each row the place of its class. @throws UnknownNameError */
  classes(name: string): { readonly labels: Tensor; readonly classes: readonly string[] };
}

/**
 * A table of comma-separated values, as RFC 4180 has them: fields in quotes may hold separators, ends of lines and doubled quotes. Lines end with CR LF or LF; empty lines
 * and a byte order mark are left out.
 * @throws DataError with the line for a quote that is not closed or text behind one, a row of another length, a name that stands twice, no rows of names.
 */
export function readCsv(text: string, options: CsvOptions = {}): Table {
  const { separator = ',', header = true, missing } = checkOptions('readCsv', options, csvFields);
  if (typeof text !== 'string')
    throw new DataError({ got: field.shown(text), expected: 'the text of a file' });
  const rows = rowsOf(text.replace(/^\ufeff/, ''), separator);
  const first = header ? rows.shift() : rows[0];
  if (first === undefined) throw new DataError({ got: 'no rows', expected: 'names of columns' });
  const names = header ? first.fields : first.fields.map((_, i) => String(i));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new DataError({ got: `two columns called '${twice}'`, expected: 'one' });
  for (const { fields, line } of rows)
    if (fields.length !== names.length)
      throw new DataError({ got: `${fields.length} fields in line ${line}`, expected: `${names.length}` });
  const placeOf = (name: string): number => {
    const place = names.indexOf(name);
    if (place < 0) throw new UnknownNameError('column', name, names);
    return place;
  };
  const numberOf = (written: string | undefined, column: string, line: number): number => {
    const trimmed = written?.trim() ?? '';
    if (trimmed === '' && missing !== undefined) return missing;
    const number = trimmed === '' ? Number.NaN : Number(trimmed);
    if (Number.isNaN(number) && !/^nan$/i.test(trimmed))
      throw new DataError({
        got: `'${trimmed}' in column '${column}', line ${line}`,
        expected: 'a number',
        ...(trimmed === '' && { hint: 'missing: 0 reads an empty field as 0.' }),
      });
    return number;
  };
  return {
    names,
    count: rows.length,
    texts: (name) => {
      const place = placeOf(name);
      return rows.map(({ fields }) => fields[place] ?? '');
    },
    numbers: (...wanted) => {
      const columns = wanted.length === 0 ? names : wanted;
      const places = columns.map(placeOf);
      const data = new Float32Array(rows.length * places.length);
      rows.forEach(({ fields, line }, i) => {
        for (const [j, place] of places.entries())
          data[i * places.length + j] = numberOf(fields[place], columns[j] ?? '', line);
      });
      return { shape: [rows.length, places.length], dtype: 'float32', data };
    },
    classes: (name) => {
      const place = placeOf(name);
      const known = new Map<string, number>();
      const data = Int32Array.from(rows, ({ fields }) => {
        const written = fields[place] ?? '';
        if (!known.has(written)) known.set(written, known.size);
        return known.get(written) ?? 0;
      });
      return { labels: { shape: [rows.length], dtype: 'int32', data }, classes: [...known.keys()] };
    },
  };
}

interface Row {
  readonly fields: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

function rowsOf(text: string, separator: string): Row[] {
  const rows: Row[] = [];
  let fields: string[] = [];
  let [line, begun, at] = [1, 1, 0];
  const endRow = () => {
    if (fields.length > 1 || fields[0] !== '') rows.push({ fields, line: begun });
    fields = [];
  };
  while (at < text.length || fields.length > 0) {
    if (text[at] === '"') {
      const close = closing(text, at, begun);
      const written = text.slice(at + 1, close);
      fields.push(written.replaceAll('""', '"'));
      line += written.split('\n').length - 1;
      at = close + 1;
    } else {
      const start = at;
      while (at < text.length && text[at] !== separator && text[at] !== '\n') at++;
      const end = text[at] !== separator && text[at - 1] === '\r' && at > start ? at - 1 : at;
      fields.push(text.slice(start, end));
    }
    if (text[at] === '\r' && (at + 1 === text.length || text[at + 1] === '\n')) at++;
    const next = text[at++];
    if (next === separator) {
      // A separator at the very end has an empty field behind it.
      if (at === text.length) fields.push('');
      if (at < text.length) continue;
    } else if (next !== undefined && next !== '\n')
      throw new DataError({
        got: `'${next}' behind a quoted field in line ${line}`,
        expected: 'a separator',
      });
    endRow();
    begun = ++line;
  }
  return rows;
}

/** The place of the quote that ends the field which begins at `open`. */
function closing(text: string, open: number, line: number): number {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0)
      throw new DataError({ got: `a quote in the row of line ${line}`, expected: 'another that closes it' });
    if (text[at + 1] !== '"') return at;
  }
}
