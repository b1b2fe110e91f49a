export { type MpiOptions, mpi } from './mpi.ts';
export { MpiReducer } from './mpi-reducer.ts';
