import {
  allocateArray,
  type Backend,
  type Buffer,
  DisposedError,
  type DType,
  type FloatDType,
  isFloat,
  roundTo,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorSpec,
  type TypedArray,
  UnknownNameError,
  UnsupportedError,
} from '@pullback/core';

/** Numbers by name on one backend: weights, slots, state, step, key. They leave it only when they are read or moved. */
export class Store {
  readonly #buffers = new Map<string, Buffer>();
  readonly #kept: (readonly [string, Promise<TypedArray>])[] = [];
  #freed = false;

  constructor(readonly backend: Backend) {}

  names(prefix = ''): string[] {
    return [...this.#buffers.keys()].filter((name) => name.startsWith(prefix));
  }

  buffer(name: string): Buffer | undefined {
    return this.#buffers.get(name);
  }

  /** @throws UnknownNameError */
  spec(name: string): TensorSpec {
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) throw new UnknownNameError('number', name, this.names());
    return buffer.spec;
  }

  /** The specs of everything whose name starts with `prefix`, by the rest of the name. */
  specs(prefix: string): Map<string, TensorSpec> {
    return new Map(this.names(prefix).map((name) => [name.slice(prefix.length), this.spec(name)]));
  }

  /** The buffer of that name, made and filled on first use. */
  hold(name: string, spec: TensorSpec, first?: () => TypedArray): Buffer {
    const known = this.#buffers.get(name);
    if (known !== undefined) return known;
    if (this.#freed)
      throw new DisposedError({
        got: `'${name}' of a model that was disposed or moved`,
        expected: 'a living one',
      });
    if (!this.backend.dtypes.includes(spec.dtype))
      throw new UnsupportedError({
        got: `${spec.dtype} on the backend '${this.backend.name}'`,
        expected: this.backend.dtypes.join(', '),
      });
    const buffer = this.backend.allocate(spec);
    if (first !== undefined) this.backend.write(buffer, converted(first(), spec.dtype));
    this.#buffers.set(name, buffer);
    return buffer;
  }

  /** The numbers of that name, copied. @throws UnknownNameError */
  async read(name: string): Promise<TypedArray> {
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) throw new UnknownNameError('number', name, this.names());
    return this.backend.read(buffer);
  }

  /** Everything whose name starts with `prefix`, read, under the rest of its name. */
  async tensors(prefix = ''): Promise<Map<string, Tensor>> {
    const found = new Map<string, Tensor>();
    for (const [name, buffer] of this.#buffers)
      if (name.startsWith(prefix))
        found.set(name.slice(prefix.length), { ...buffer.spec, data: await this.backend.read(buffer) });
    return found;
  }

  /** Shapes and numbers of everything between that start and that end of its name, by what stands between. */
  async numbers(
    start: string,
    end = '',
    wanted: (rest: string) => boolean = () => true,
  ): Promise<Record<string, { shape: Shape; data: TypedArray }>> {
    const middle = (name: string) => name.slice(start.length, name.length - end.length);
    const names = this.names(start).filter((name) => name.endsWith(end) && wanted(middle(name)));
    const found: Record<string, { shape: Shape; data: TypedArray }> = {};
    for (const name of names)
      found[middle(name)] = { shape: this.spec(name).shape, data: await this.read(name) };
    return found;
  }

  /** Reads what a step left for metrics that keep it, by the name of their total, once the steps before are done. */
  keep(left: readonly (readonly [string, Buffer])[]): void {
    for (const [total, buffer] of left) this.#kept.push([total, this.backend.read(buffer)]);
  }

  /** Keeps numbers of a batch that were read. */
  keepNumbers(total: string, numbers: TypedArray): void {
    this.#kept.push([total, Promise.resolve(numbers)]);
  }

  /** The numbers kept since the last time, in the order of the steps. */
  async takeKept(): Promise<(readonly [string, TypedArray])[]> {
    return Promise.all(this.#kept.splice(0).map(async ([total, numbers]) => [total, await numbers] as const));
  }

  /** Fills with zeros. */
  clear(name: string): void {
    const buffer = this.#buffers.get(name);
    if (buffer !== undefined)
      this.backend.write(buffer, allocateArray(buffer.spec.dtype, sizeOf(buffer.spec.shape)));
  }

  write(name: string, data: TypedArray): void {
    const buffer = this.#buffers.get(name);
    if (buffer !== undefined) this.backend.write(buffer, converted(data, buffer.spec.dtype));
  }

  /** The same numbers on another backend, floats as `dtype`; this store stays as it is. */
  async copyTo(backend: Backend, dtype: FloatDType): Promise<Store> {
    const copy = new Store(backend);
    for (const [name, buffer] of this.#buffers) {
      const { shape, dtype: own } = buffer.spec;
      const data = await this.backend.read(buffer);
      copy.hold(name, { shape, dtype: isFloat(own) ? dtype : own }, () => data);
    }
    for (const [total, numbers] of await this.takeKept()) copy.#kept.push([total, Promise.resolve(numbers)]);
    return copy;
  }

  free(): void {
    for (const buffer of this.#buffers.values()) this.backend.free(buffer);
    this.#buffers.clear();
    this.#freed = true;
  }
}

function converted(data: TypedArray, dtype: DType): TypedArray {
  if (
    dtype === 'float32' ? data instanceof Float32Array : dtype === 'float64' && data instanceof Float64Array
  )
    return data;
  const result = allocateArray(dtype, data.length);
  if (isFloat(dtype)) {
    // Rounded as they are stored.
    result.set(data);
    return result;
  }
  for (let i = 0; i < data.length; i++) result[i] = roundTo(dtype, data[i] ?? 0);
  return result;
}
