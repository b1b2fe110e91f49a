/** Memory of a thread that a kernel needs while it runs. */
export class Scratch {
  bytes = 0;

  /** @returns the offset of a block from the start. Behind it is room for a vector that is written whole. */
  take(bytes: number): number {
    const offset = this.bytes;
    this.bytes += Math.ceil(bytes / 64) * 64 + 64;
    return offset;
  }
}
