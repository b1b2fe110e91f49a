import { UnsupportedError } from '@pullback/core';
import { activations, type Transform } from './activations.ts';
import { broken, isRecord, type Json } from './json.ts';

/** The options of a layer of Keras, read with a check each. */
export class Config {
  constructor(
    readonly kind: string,
    readonly values: Json,
  ) {}

  get name(): string {
    return this.text('name', this.kind);
  }

  text(key: string, otherwise: string): string {
    const value = this.values[key] ?? otherwise;
    if (typeof value !== 'string') throw broken(`${this.kind} with ${key} that is no text`, 'text');
    return value;
  }

  number(key: string, otherwise: number): number {
    const value = this.values[key] ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw broken(`${this.kind} with ${key} that is no number`, 'a number');
    return value;
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.values[key] ?? otherwise;
    if (typeof value !== 'boolean') throw broken(`${this.kind} with ${key} that is no flag`, 'true or false');
    return value;
  }

  /** One number, or one for each axis; null is -1. */
  counts(key: string, otherwise: readonly number[]): readonly number[] {
    const value = this.values[key] ?? otherwise;
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    return all.map((each) => {
      if (each === null) return -1;
      if (typeof each !== 'number' || !Number.isSafeInteger(each))
        throw broken(`${this.kind} with ${key} of ${typeof each}`, 'whole numbers');
      return each;
    });
  }

  /** [before, after] of each axis, of one number for all, or one for each. */
  places(key: string, rank: number): readonly (readonly [number, number])[] {
    const value = this.values[key] ?? 1;
    const all: readonly unknown[] = Array.isArray(value) ? value : Array.from({ length: rank }, () => value);
    const flat = rank === 1 && Array.isArray(value) && !Array.isArray(value[0]) ? [value] : all;
    return flat.map((each) => {
      const [before = 0, after = 0] = new Config(this.kind, {
        [key]: Array.isArray(each) ? each : [each, each],
      }).counts(key, []);
      return [before, after] as const;
    });
  }

  /** @throws UnsupportedError for another value than those. */
  oneOf<const T extends string>(key: string, otherwise: T, ...others: readonly T[]): T {
    const value = this.text(key, otherwise);
    const found = [otherwise, ...others].find((each) => each === value);
    if (found === undefined) throw this.unsupported(`${key} '${value}'`, [otherwise, ...others].join(', '));
    return found;
  }

  activation(key = 'activation'): Transform {
    const given = this.values[key];
    if (isRecord(given)) throw this.unsupported(`an activation that is a layer`, 'a name');
    const name = this.text(key, 'linear');
    const found = Object.hasOwn(activations, name) ? activations[name] : undefined;
    if (found === undefined)
      throw this.unsupported(`the activation '${name}'`, Object.keys(activations).join(', '));
    return found;
  }

  unsupported(got: string, expected: string): UnsupportedError {
    return new UnsupportedError({ got: `${this.kind} '${this.name}' with ${got}`, expected });
  }
}
