import type { Executable, Program } from '@pullback/core';
import { Compiled, WasmExecutable } from '../src/executable.ts';
import { WasmBackend } from '../src/wasm-backend.ts';

/** Runs every Program by kernels, however small. */
export class KernelsBackend extends WasmBackend {
  override async compile(program: Program): Promise<Executable> {
    return new WasmExecutable(new Compiled(program, { relaxed: false, straight: false }), this);
  }
}
