export { WasmBackend, wasm } from './wasm-backend.ts';
