/** The machine that code is made for. */
export interface Target {
  /** Lanes of 32 bits in a vector: 4, 8 or 16; 1 for plain loops. */
  readonly lanes: number;
  /** Vectors that fit into registers. */
  readonly registers: number;
  /** Whether multiply-add of float32 is rounded once; twice gives the same bits on every machine. */
  readonly fused: boolean;
}

/** Plain scalars, the same bits everywhere. */
export const plainTarget: Target = { lanes: 1, registers: 16, fused: false };

/** The widest vectors of a processor, by the macros that its compiler predefines. */
export function targetOf(macros: ReadonlyMap<string, string>, { deterministic = false } = {}): Target {
  const has = (name: string) => macros.has(name);
  const wide = has('__AVX512F__');
  const lanes = wide ? 16 : has('__AVX__') ? 8 : 4;
  return {
    lanes,
    registers: wide || has('__aarch64__') ? 32 : 16,
    fused: !deterministic && (wide || has('__FMA__') || has('__aarch64__')),
  };
}
