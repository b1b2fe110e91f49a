import type { MapOp, Op } from '../lower/op.ts';

/**
 * An op of one operand over that operand's axes in their order: it is read as it lies, and written elsewhere. Undefined where that is no
 * change, or where neighbours in memory would be no neighbours on either side.
 */
export function turned(op: Op): MapOp | undefined {
  if (op.kind !== 'map') return undefined;
  const { shape } = op;
  const [read, ...others] = op.operands.filter(({ kind }) => kind !== 'number');
  if (read?.kind !== 'root' || others.length > 0) return undefined;
  const { strides } = read.view;
  const axes = shape.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
  const order = [...axes].sort((a, b) => (strides[b] ?? 0) - (strides[a] ?? 0));
  if (order.at(-1) !== axes.at(-1) || order.every((axis, i) => axis === axes[i])) return undefined;
  const pick = (list: readonly number[]): number[] => order.flatMap((axis) => list.slice(axis, axis + 1));
  return {
    ...op,
    shape: pick(shape),
    strides: pick(op.strides),
    operands: op.operands.map((operand) =>
      operand === read ? { ...read, view: { offset: read.view.offset, strides: pick(strides) } } : operand,
    ),
  };
}
