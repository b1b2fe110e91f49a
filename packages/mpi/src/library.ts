import { availableParallelism } from 'node:os';
import { UnsupportedError } from '@pullback/core';
import type { Koffi, Library } from './koffi.ts';

/** A handle of MPI: the address of an object for Open MPI, an int for MPICH. */
type Handle = bigint | number;

/** An implementation of MPI, with what differs between them. */
export interface Mpi {
  readonly library: Library;
  /** Its name and version, in its own words. */
  readonly version: string;
  /** The C type of its handles. */
  readonly handle: 'uintptr_t' | 'int';
  readonly world: Handle;
  readonly float: Handle;
  readonly double: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
  readonly errorsReturn: Handle;
  readonly statusIgnore: Handle;
  readonly inPlace: bigint;
}

type Handles = Omit<Mpi, 'library' | 'version'>;

/** Objects of Open MPI; their addresses are the handles. Source: mpi.h of Open MPI 4.1. */
function openMpi(koffi: Koffi, library: Library): Handles {
  const address = (name: string) => koffi.address(library.symbol(`ompi_mpi_${name}`));
  return {
    handle: 'uintptr_t',
    world: address('comm_world'),
    float: address('float'),
    double: address('double'),
    byte: address('byte'),
    sum: address('op_sum'),
    errorsReturn: address('errors_return'),
    statusIgnore: 0n,
    inPlace: 1n,
  };
}

/** The numbers that MPICH and its descendants share. Source: mpi.h of MPICH 4.0; the MPICH ABI Compatibility Initiative. */
const mpich: Handles = {
  handle: 'int',
  world: 0x44000000,
  float: 0x4c00040a,
  double: 0x4c00080b,
  byte: 0x4c00010d,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  statusIgnore: 1n,
  inPlace: 0xffffffffffffffffn,
};

/** Whether a launcher of MPI started this process, and the libraries that belong to it. */
export function launchedFor(env: NodeJS.ProcessEnv): readonly string[] | undefined {
  const [open, others] = [
    ['libmpi.so.40', 'libmpi.so'],
    ['libmpich.so.12', 'libmpi.so.12'],
  ];
  if (env['OMPI_COMM_WORLD_SIZE'] !== undefined) return open;
  if (env['PMI_SIZE'] !== undefined || env['PMI_RANK'] !== undefined) return [...others, ...open];
  return env['PMIX_RANK'] === undefined ? undefined : [...open, ...others];
}

/** Whether this host has fewer cores than ranks, as far as the launcher tells. */
export function isCrowded(env: NodeJS.ProcessEnv): boolean {
  const ranks = env['OMPI_COMM_WORLD_LOCAL_SIZE'] ?? env['MPI_LOCALNRANKS'] ?? env['SLURM_NTASKS_PER_NODE'];
  return Number(ranks ?? 1) > availableParallelism();
}

/**
 * Keeps UCX, by which MPI may send, from what Node does itself, where nobody said otherwise. Its hooks of the allocator take heap back that is in use
 * here, and its handler of faults stands before that of WebAssembly.
 */
export function tameUcx(env: NodeJS.ProcessEnv): void {
  env['UCX_MEM_EVENTS'] ??= 'n';
  env['UCX_ERROR_SIGNALS'] ??= '';
}

/** @throws UnsupportedError where none of the libraries can be loaded, or one is of an unknown kind. */
export function loadMpi(koffi: Koffi, paths: readonly string[]): Mpi {
  let reason = '';
  for (const path of paths) {
    let library: Library;
    try {
      // Open MPI loads parts of its own that look for it among what all see.
      library = koffi.load(path, { global: true, lazy: true });
    } catch (error) {
      reason = String(error).split('\n')[0] ?? '';
      continue;
    }
    const version = versionOf(library);
    if (version.startsWith('Open MPI')) return { library, version, ...openMpi(koffi, library) };
    if (/MPICH|MVAPICH|Intel\(R\) MPI|Cray/.test(version)) return { library, version, ...mpich };
    throw new UnsupportedError({ got: `the MPI '${version}' in ${path}`, expected: 'Open MPI or MPICH' });
  }
  throw new UnsupportedError({
    got: `no MPI: ${reason}`,
    expected: `one of ${paths.join(', ')}`,
    hint: 'Debian: apt-get install openmpi-bin libopenmpi-dev, or mpich. mpi({ library: path }) takes another.',
  });
}

function versionOf(library: Library): string {
  const [text, length] = [new Uint8Array(8192), new Int32Array(32)];
  try {
    library.func('int MPI_Get_library_version(void* text, void* length)')(text, length);
  } catch {
    return 'without MPI_Get_library_version';
  }
  const words = new TextDecoder().decode(text.subarray(0, length[0]));
  return words
    .replace(/\s+/g, ' ')
    .replace(/[\0 ]+$/, '')
    .slice(0, 60);
}
