export { CpuBackend, cpu } from './cpu-backend.ts';
