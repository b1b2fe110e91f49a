import { Block } from '../c/block.ts';
import { elementType, kindOf, type Lanes } from '../c/lanes.ts';
import type { Factor, Innermost } from './factor.ts';

interface PackOptions {
  /** Lines at most. */
  readonly most: number;
  readonly lanes: Lanes;
}

/**
 * A function that writes `depth` steps from `step` on, of `size` lines from `line` on, one step behind the other: (from, line, step, depth, to, size,
 * padded, starts of bounds). Lines are looked up once, runs of steps once for all lines. Vectors are written whole: up to a vector behind the end.
 */
export function packFunction(factor: Factor, name: string, { most, lanes }: PackOptions): string {
  const { bounds, dtype } = factor.load;
  const type = elementType(dtype);
  const inRun = factor.innermost('steps');
  const inStrip = factor.innermost('lines');
  const body = new Block();
  body.line(`int64_t at[${most}]${bounds.map((_, b) => `, near${b}[${most}]`).join('')};`);
  const each = new Block();
  each.line(`at[i] = ${factor.distance('lines', '(line + i)')};`);
  for (const [b, bound] of bounds.entries())
    each.line(`near${b}[i] = start${b} + ${factor.distance('lines', '(line + i)', bound)};`);
  body.nest('for (int64_t i = 0; i < size; i++)', each);
  if (inRun.stride === 1 && inRun.steady && 2 * inRun.extent >= lanes.count)
    byRuns(factor, body, inRun.extent, { most, lanes });
  else if (inStrip.steady && (inStrip.stride === 1 || inStrip.stride === 2) && inStrip.extent >= 4)
    byPieces(factor, body, inStrip, { most, lanes });
  else byElements(factor, body);
  const starts = bounds.map((_, b) => `, int64_t start${b}`).join('');
  const zeros =
    bounds.length === 0 ? [] : [`static const ${type} ${name}_zeros[${inRun.extent + 2 * lanes.count}];`];
  const text = body.lines.map((line) => `  ${line.replaceAll('zeros', `${name}_zeros`)}`);
  return [
    ...(text.some((line) => line.includes('_zeros')) ? zeros : []),
    `static __attribute__((noinline)) void ${name}(const ${type} *restrict from, int64_t line, int64_t step, int64_t depth, ${type} *restrict to, int64_t size, int64_t padded${starts}) {`,
    ...text,
    '}',
  ].join('\n');
}

/** Where a step is, as locals. */
function look(factor: Factor, block: Block, step: string): void {
  block.line(`const int64_t step_at = ${factor.distance('steps', step)};`);
  for (const [b, bound] of factor.load.bounds.entries())
    block.line(`const int64_t step_near${b} = ${factor.distance('steps', step, bound)};`);
}

/** Whether the element of line `i` at the step exists; undefined where all do. */
function existing(factor: Factor, i: string): string | undefined {
  const { bounds } = factor.load;
  if (bounds.length === 0) return undefined;
  return bounds.map(({ extent }, b) => `(uint64_t)(near${b}[${i}] + step_near${b}) < ${extent}`).join(' && ');
}

/** Steps that follow each other in memory: blocks are turned in registers. */
function byRuns(factor: Factor, body: Block, extent: number, { most, lanes }: PackOptions): void {
  const { dtype } = factor.load;
  const [type, vector, memory] = [elementType(dtype), lanes.type(kindOf(dtype)), lanes.memory(dtype)];
  const n = lanes.count;
  const run = new Block();
  run.line(`int64_t run = ${extent} - (step + k) % ${extent};`);
  run.line('if (run > depth - k) run = depth - k;');
  look(factor, run, '(step + k)');
  const condition = existing(factor, 'i');
  const place = 'from + at[i] + step_at';
  run.line(
    `for (int64_t i = 0; i < size; i++) rows[i] = ${condition === undefined ? place : `${condition} ? ${place} : zeros`};`,
  );
  const turned = new Block();
  turned.line(`${vector} r[${n}];`);
  turned.line(
    `for (int q = 0; q < ${n}; q++) r[q] = load_${memory}(rows[i + q < size ? i + q : size - 1] + j);`,
  );
  turned.line(`transpose_${memory}(r);`);
  turned.line(`const int64_t last = run - j < ${n} ? run - j : ${n};`);
  turned.line(`${type} *const at_step = to + (k + j) * padded + i;`);
  turned.line(
    `if (last == ${n}) for (int q = 0; q < ${n}; q++) store_${memory}(at_step + q * padded, r[q]);`,
  );
  turned.line(`else for (int q = 0; q < last; q++) store_${memory}(at_step + q * padded, r[q]);`);
  run.nest(`for (int64_t j = 0; j < run; j += ${n}) for (int64_t i = 0; i < size; i += ${n})`, turned);
  run.line('k += run;');
  body.line(`const ${type} *rows[${most}];`);
  body.nest('for (int64_t k = 0; k < depth;)', run);
}

/**
 * Lines that follow each other in memory, or every second place, in pieces: the ends of axes cut a strip. Each piece is written in whole vectors, and the
 * next one over what is too much.
 */
function byPieces(
  factor: Factor,
  body: Block,
  { extent, stride }: Innermost,
  { most, lanes }: PackOptions,
): void {
  const { dtype } = factor.load;
  const [type, vector, memory] = [elementType(dtype), lanes.type(kindOf(dtype)), lanes.memory(dtype)];
  const n = lanes.count;
  body.line(`int64_t piece[${Math.ceil(most / extent) + 2}], pieces = 0;`);
  body.line(`for (int64_t i = 0; i < size; i += ${extent} - (line + i) % ${extent}) piece[pieces++] = i;`);
  body.line('piece[pieces] = size;');
  const step = new Block();
  look(factor, step, '(step + k)');
  const inside = new Block();
  inside.line('const int64_t first = piece[p], end = piece[p + 1];');
  inside.line(`${type} *const to_step = to + k * padded;`);
  const each = `for (int64_t i = first; i < end; i += ${n})`;
  const fill = (value: string) => `store_${memory}(to_step + i, ${value});`;
  const place = `source + ${stride === 1 ? '' : `${stride} * `}(i - first)`;
  const read = new Block();
  read.line(`const ${type} *const source = from + at[first] + step_at;`);
  if (stride === 1) read.line(`${each} ${fill(`load_${memory}(${place})`)}`);
  else {
    const every = new Block();
    // No more is read than up to a vector behind the end.
    every.line(`const ${vector} even = load_${memory}(${place});`);
    every.line(`const ${vector} more = 2 * (end - i) > ${n} ? load_${memory}(${place} + ${n}) : even;`);
    const order = Array.from({ length: n }, (_, q) => 2 * q).join(', ');
    every.line(fill(`SHUFFLED(${lanes.type(dtype === 'float64' ? 'l' : 'i')}, even, more, ${order})`));
    read.nest(each, every);
  }
  const condition = existing(factor, 'first');
  if (condition === undefined) inside.append(read);
  else {
    inside.nest(`if (${condition})`, read);
    inside.line(`else ${each} ${fill(`(${vector}){0}`)}`);
  }
  step.nest('for (int64_t p = 0; p < pieces; p++)', inside);
  body.nest('for (int64_t k = 0; k < depth; k++)', step);
}

function byElements(factor: Factor, body: Block): void {
  const step = new Block();
  look(factor, step, '(step + k)');
  const condition = existing(factor, 'i');
  const value = 'from[at[i] + step_at]';
  step.line(
    `for (int64_t i = 0; i < size; i++) to[k * padded + i] = ${condition === undefined ? value : `${condition} ? ${value} : 0`};`,
  );
  step.line('for (int64_t i = size; i < padded; i++) to[k * padded + i] = 0;');
  body.nest('for (int64_t k = 0; k < depth; k++)', step);
}
