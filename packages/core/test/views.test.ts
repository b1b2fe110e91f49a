// Views have one normal form: along axes of extent 1 the stride is 0, so that compilers may compare views by their numbers.

import * as p from '@pullback/core';
import { expect, test } from 'vitest';

const x = p.placeholder({ shape: [1, 4, 1, 6], dtype: 'float32' }, 'x');
const made: Readonly<Record<string, p.Value>> = {
  broadcast: p.broadcast(x, [3, 4, 1, 6]),
  transpose: p.transpose(x, [3, 2, 1, 0]),
  'slice to one': p.slice(x, [0, 2, 0, 1], [1, 3, 1, 2]),
  'slice by steps': p.slice(x, [0, 0, 0, 1], [1, 4, 1, 6], [1, 2, 1, 2]),
  'flip of one': p.flip(x, 0),
  flip: p.flip(x, 1),
  'windows of one': p.windows(x, { axes: [1], size: 4 }),
  'windows of one place': p.windows(x, { axes: [3], size: 1, step: 2 }),
  windows: p.windows(x, { axes: [1, 3], size: [2, 3], dilation: [2, 1] }),
  'fold of one window': p.fold(x, { axes: [0], size: [6], extents: [6] }),
  'fold of windows of one place': p.fold(p.reshape(x, [24, 1]), {
    axes: [0],
    size: 1,
    step: 2,
    extents: [47],
  }),
  fold: p.fold(p.reshape(x, [4, 6]), { axes: [0], size: 6, extents: [9] }),
  reshape: p.reshape(x, [2, 2, 6]),
  concatenate: p.concatenate([x, x], { axis: 0 }),
  'concatenate of others': p.concatenate([x, x, x], { axis: 3 }),
  pad: p.pad(x, { low: [1, 0, 0, 2], high: [0, 1, 0, 0], between: [2, 1, 0, 0] }),
};

const placed = ({ shape }: { shape: p.Shape }) => ({ ...p.denseView(shape), shape });

/** Of every primitive that reads or writes through views: the shape of each view, its strides, and who made it. */
function viewsOf(y: p.Value) {
  const { inputs, body } = p.trace([x], [y]);
  const specs = [...inputs, ...body.flatMap(({ outputs }) => outputs)];
  return body.flatMap(({ primitive: { name, form }, attributes, inputs: read, outputs: [to] }) => {
    const shapes = read.map((i) => specs[i]?.shape ?? []);
    const [from = []] = shapes;
    if (form?.kind === 'view')
      return [
        {
          name,
          shape: to?.shape ?? [],
          view: form.view(placed({ shape: from }), attributes, to?.shape ?? []),
        },
      ];
    if (form?.kind !== 'parts') return [];
    return form
      .parts(shapes, attributes, to?.shape ?? [])
      .map((view, i) => ({ name, shape: shapes[i] ?? [], view }));
  });
}

for (const [name, y] of Object.entries(made))
  test(name, () => {
    const all = viewsOf(y);
    expect(all.length).toBeGreaterThan(0);
    for (const { name: by, shape, view } of all)
      shape.forEach((extent, axis) => {
        if (extent === 1) expect([by, axis, view?.strides[axis]]).toEqual([by, axis, 0]);
      });
  });

test('tiles are put together without a sum, windows that meet are added', () => {
  const names = (size: number, step: number, dilation: number) => {
    const y = p.placeholder({ shape: [3, size], dtype: 'float32' }, 'y');
    const extents = [2 * step + (size - 1) * dilation + 1];
    const folded = p.fold(y, { axes: [0], size, step, dilation, extents });
    expect(folded.origin.path).toContain('fold');
    return p.trace([y], [folded]).body.map(({ primitive }) => primitive.name);
  };
  expect(names(2, 2, 1)).not.toContain('sum');
  expect(names(1, 1, 3)).not.toContain('sum');
  expect(names(2, 2, 2)).toContain('sum');
  expect(names(2, 1, 1)).toContain('sum');
});

test('a reduction names the axes that stay with extent 1', () => {
  const of = (y: p.Value | undefined) => {
    const { node, attributes } = y?.vertex ?? x.vertex;
    return node.kind === 'reduction' && node.form?.kind === 'reduce' ? node.form.axes(attributes) : undefined;
  };
  expect(of(p.sum(x, { axis: [1, -1], keepAxis: true }))).toEqual([1, 3]);
  expect(of(p.max(x, { axis: 1, keepAxis: true }))).toEqual([1]);
  expect(of(p.argmax(x, { axis: 3, keepAxis: true }))).toEqual([3]);
});
