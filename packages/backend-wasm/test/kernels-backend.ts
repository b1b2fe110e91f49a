import type { Executable, Program } from '@pullback/core';
import { Compiled, WasmExecutable } from '../src/executable.ts';
import { WasmBackend } from '../src/wasm-backend.ts';

/** Divides every kernel that can be divided, and asks its workers every time. */
export class DividingBackend extends WasmBackend {
  constructor(readonly threads: number) {
    super({ threads, deterministic: true });
    if (this.pool !== undefined) this.pool.always = true;
  }

  override async compile(program: Program): Promise<Executable> {
    const { threads } = this;
    return new WasmExecutable(
      new Compiled(program, { relaxed: false, straight: false, threads, wide: 0 }),
      this,
    );
  }
}

/** Runs every Program by kernels, however small. */
export class KernelsBackend extends WasmBackend {
  override async compile(program: Program): Promise<Executable> {
    return new WasmExecutable(new Compiled(program, { relaxed: false, straight: false }), this);
  }
}
