/** Numbers 0 .. n-1 in an order in which each comes behind those that it follows, the least first of those that may come. */
export class Queue {
  readonly #before: number[];
  readonly #behind: number[][];
  readonly #done: boolean[];
  /** A heap: each is less than those at twice its place and one or two further. */
  readonly #ready: number[] = [];
  #filled = false;
  #left: number;

  constructor(n: number) {
    this.#left = n;
    this.#before = new Array<number>(n).fill(0);
    this.#behind = Array.from({ length: n }, () => []);
    this.#done = new Array<boolean>(n).fill(false);
  }

  /** How many did not come yet. */
  get left(): number {
    return this.#left;
  }

  isDone(n: number): boolean {
    return this.#done[n] ?? true;
  }

  /** Makes `n` wait for another one. */
  follow(n: number, other: number): void {
    if (n === other) return;
    this.#before[n] = (this.#before[n] ?? 0) + 1;
    this.#behind[other]?.push(n);
  }

  /** Takes back one `follow` of two that did not come yet. */
  unfollow(n: number, other: number): void {
    const behind = this.#behind[other] ?? [];
    const place = behind.indexOf(n);
    if (place < 0 || this.isDone(other)) return;
    behind.splice(place, 1);
    this.#release(n);
  }

  /** The next one; undefined where all that are left wait for each other. */
  next(): number | undefined {
    if (!this.#filled) for (const [n, count] of this.#before.entries()) if (count === 0) this.#push(n);
    this.#filled = true;
    const next = this.#pop();
    if (next === undefined) return undefined;
    this.#done[next] = true;
    this.#left--;
    for (const n of this.#behind[next] ?? []) this.#release(n);
    return next;
  }

  #release(n: number): void {
    const count = (this.#before[n] ?? 0) - 1;
    this.#before[n] = count;
    if (count === 0) this.#push(n);
  }

  #push(n: number): void {
    const heap = this.#ready;
    let place = heap.push(n) - 1;
    for (;;) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (place === 0 || above === undefined || above <= n) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = n;
  }

  #pop(): number | undefined {
    const heap = this.#ready;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      const [left, right] = [heap[2 * place + 1] ?? Infinity, heap[2 * place + 2] ?? Infinity];
      const least = Math.min(left, right);
      if (least >= last) break;
      heap[place] = least;
      place = left <= right ? 2 * place + 1 : 2 * place + 2;
    }
    heap[place] = last;
    return first;
  }
}
