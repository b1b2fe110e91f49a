/** What may become one kernel. */
export interface FuseOptions {
  /** Whether elementwise ops join a product. */
  readonly epilogue?: boolean;
  /** How many buffers a kernel may read and write; as many as it likes when left out. */
  readonly mostBuffers?: number;
}
