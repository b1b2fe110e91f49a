import { type Buffer, InternalError } from '@pullback/core';
import type { Memory, Stage } from './stage.ts';
import type { Region, Values } from './values.ts';
import { count, typeOf } from './wgsl/numbers.ts';

/** The element type of a binding's array, and its bytes. */
export const elementBytes = {
  f16: 2,
  f32: 4,
  i32: 4,
  u32: 4,
  'atomic<u32>': 4,
  vec4h: 8,
  vec4f: 16,
} as const;

/** One storage buffer that shaders see, or a part of one. */
export interface StorageBinding {
  /** Undefined for the arena. */
  readonly buffer: Buffer | undefined;
  readonly offset: number;
  readonly bytes: number;
  readonly access: 'read' | 'read_write';
  readonly element: keyof typeof elementBytes;
}

export interface Limits {
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxStorageBufferBindingSize: number;
}

/** How the values of some stages are bound, and the memory that their code then sees. */
export interface Bound {
  readonly bindings: readonly StorageBinding[];
  readonly memory: Memory;
}

interface Use {
  readonly value: number;
  readonly region: Region;
  readonly written: boolean;
  readonly vector: boolean;
}

/**
 * A binding for each value; where that is too many, or values take turns at one place of the arena, one window for all that lie there. Undefined
 * where neither fits the limits.
 */
export function bindingsFor(stages: readonly Stage[], values: Values, limits: Limits): Bound | undefined {
  const uses = usesOf(stages, values);
  const inArena = uses.filter(({ region }) => region.buffer === undefined);
  const overlap = inArena.some((a, i) => inArena.slice(i + 1).some((b) => overlaps(a.region, b.region)));
  const separate = overlap ? undefined : within(bound(uses, undefined), limits);
  return separate ?? (inArena.length > 1 ? within(bound(uses, windowOf(inArena)), limits) : undefined);
}

export function overlaps(a: Region, b: Region): boolean {
  return a.buffer === b.buffer && a.offset < endOf(b) && b.offset < endOf(a);
}

/** The byte behind a region, which is one word at least. */
export function endOf({ offset, bytes }: Region): number {
  return offset + Math.max(4, bytes);
}

function usesOf(stages: readonly Stage[], values: Values): Use[] {
  const written = new Set(stages.flatMap(({ writes }) => writes));
  const touched = new Set(stages.flatMap(({ reads, writes }) => [...reads, ...writes]));
  const scalar = new Set(
    stages.flatMap(({ reads, writes, vectors = [] }) =>
      [...reads, ...writes].filter((value) => !vectors.includes(value)),
    ),
  );
  return [...touched].map((value) => ({
    value,
    region: values.region(value),
    written: written.has(value),
    vector: !scalar.has(value),
  }));
}

interface Window {
  readonly start: number;
  readonly end: number;
}

function windowOf(uses: readonly Use[]): Window {
  return {
    start: Math.min(...uses.map(({ region }) => region.offset)),
    end: Math.max(
      ...uses.map(({ region: { offset, bytes } }) => offset + Math.max(16, Math.ceil(bytes / 16) * 16)),
    ),
  };
}

function within(found: Bound, limits: Limits): Bound | undefined {
  const fits =
    found.bindings.length <= limits.maxStorageBuffersPerShaderStage &&
    found.bindings.every(({ bytes }) => bytes <= limits.maxStorageBufferBindingSize);
  return fits ? found : undefined;
}

function bound(uses: readonly Use[], window: Window | undefined): Bound {
  // Within one dispatch a buffer is either only read or bound for writing wherever it is bound, the whole arena too.
  const arenaWritten = uses.some(({ region, written }) => region.buffer === undefined && written);
  const bindings: StorageBinding[] = [];
  const places = new Map<
    number,
    { readonly index: number; readonly from: number; readonly region: Region }
  >();
  const known = new Map<Buffer | string, number>();
  for (const { value, region } of uses) {
    const shared = region.buffer === undefined && window !== undefined;
    const key = region.buffer ?? (shared ? 'window' : `arena ${region.offset}`);
    let index = known.get(key);
    if (index === undefined) {
      index = bindings.length;
      known.set(key, index);
      const same = uses.filter((use) =>
        region.buffer === undefined
          ? use.region.offset === region.offset && use.region.buffer === undefined
          : use.region.buffer === region.buffer,
      );
      const written = region.buffer === undefined ? arenaWritten : same.some((use) => use.written);
      const vector = same.every((use) => use.vector);
      bindings.push({
        buffer: region.buffer,
        offset: shared ? window.start : region.offset,
        bytes: shared ? window.end - window.start : Math.max(16, Math.ceil(region.bytes / 4) * 4),
        access: written ? 'read_write' : 'read',
        element: shared ? windowElement(uses) : elementOf(region, written, vector),
      });
    }
    places.set(value, {
      index,
      from: shared ? (region.offset - window.start) / (region.half ? 2 : 4) : 0,
      region,
    });
  }
  return { bindings, memory: memoryOver(bindings, places) };
}

/** Two halves share a word: beside other types, writing one must leave the other alone. */
function windowElement(uses: readonly Use[]): StorageBinding['element'] {
  const inArena = uses.filter(({ region }) => region.buffer === undefined);
  if (inArena.every(({ region }) => region.half)) return 'f16';
  return inArena.some(({ region, written }) => region.half && written) ? 'atomic<u32>' : 'u32';
}

function elementOf(
  { packed, half, dtype }: Region,
  written: boolean,
  vector: boolean,
): StorageBinding['element'] {
  if (packed) return written ? 'atomic<u32>' : 'u32';
  if (half) return vector ? 'vec4h' : 'f16';
  const type = typeOf(dtype);
  if (type === 'bool') return 'u32';
  return vector && type === 'f32' ? 'vec4f' : type;
}

function memoryOver(
  bindings: readonly StorageBinding[],
  places: ReadonlyMap<number, { readonly index: number; readonly from: number; readonly region: Region }>,
): Memory {
  const at = (value: number) => {
    const place = places.get(value);
    const binding = bindings[place?.index ?? -1];
    if (place === undefined || binding === undefined)
      throw new InternalError({
        got: `value ${value}, which is not bound`,
        expected: 'a value of the kernel',
      });
    return { ...place, name: `v${place.index}`, element: binding.element, type: typeOf(place.region.dtype) };
  };
  const load = (value: number, index: string): string => {
    const { name, from, region, element, type } = at(value);
    const place = from === 0 ? index : `${index} + ${count(from)}`;
    const whole = (at: string) =>
      element === 'atomic<u32>' ? `atomicLoad(&${name}[${at}])` : `${name}[${at}]`;
    if (region.packed) {
      const byte = `extractBits(${whole(`(${place}) / 4u`)}, ((${place}) % 4u) * 8u, 8u)`;
      return type === 'bool' ? `(${byte} != 0u)` : byte;
    }
    if (element === 'vec4f') return `${name}[(${place}) / 4u][(${place}) % 4u]`;
    if (element === 'vec4h') return `f32(${name}[(${place}) / 4u][(${place}) % 4u])`;
    if (element === 'f16') return `f32(${name}[${place}])`;
    if (region.half) return `unpack2x16float(${whole(`(${place}) / 2u`)})[(${place}) % 2u]`;
    const word = whole(place);
    if (type === 'bool') return `(${word} != 0u)`;
    return isBits(element) && type !== 'u32' ? `bitcast<${type}>(${word})` : word;
  };
  return {
    load,
    load4: (value, index) => {
      const { name, element } = at(value);
      if (element === 'vec4f') return `${name}[${index}]`;
      if (element === 'vec4h') return `vec4f(${name}[${index}])`;
      const each = [0, 1, 2, 3].map((i) => load(value, `(${index}) * 4u + ${i}u`));
      return `vec4f(${each.join(', ')})`;
    },
    store: (value, index, stored) => {
      const { name, from, region, element, type } = at(value);
      const place = from === 0 ? index : `${index} + ${count(from)}`;
      const word = type === 'bool' ? `select(0u, 1u, ${stored})` : stored;
      if (region.packed)
        // The byte is this invocation's alone, the word is not.
        return `{ let to = ${place}; atomicAnd(&${name}[to / 4u], ~(255u << ((to % 4u) * 8u))); atomicOr(&${name}[to / 4u], ${word} << ((to % 4u) * 8u)); }`;
      if (element === 'f16') return `${name}[${place}] = f16_of_f32(${word});`;
      if (region.half)
        return `{ let to = ${place}; atomicAnd(&${name}[to / 2u], ~(65535u << ((to % 2u) * 16u))); atomicOr(&${name}[to / 2u], half_bits(${word}) << ((to % 2u) * 16u)); }`;
      const bits = isBits(element) && (type === 'f32' || type === 'i32') ? `bitcast<u32>(${word})` : word;
      return element === 'atomic<u32>'
        ? `atomicStore(&${name}[${place}], ${bits});`
        : `${name}[${place}] = ${bits};`;
    },
  };
}

function isBits(element: StorageBinding['element']): boolean {
  return element === 'u32' || element === 'atomic<u32>';
}
