import type { Executable, Program } from '@pullback/core';
import { compileKernels } from '../src/build.ts';
import { WasmExecutable } from '../src/executable.ts';
import { meeting } from '../src/threads/control.ts';
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
      compileKernels(program, { deterministic: true, threads: { count: threads, meeting }, wide: 0 }),
      this,
    );
  }
}

/** Runs every Program by kernels, however small. */
export class KernelsBackend extends WasmBackend {
  override async compile(program: Program): Promise<Executable> {
    return new WasmExecutable(compileKernels(program, { deterministic: true }), this);
  }
}
