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
  reshape: p.reshape(x, [2, 2, 6]),
  concatenate: p.concatenate([x, x], { axis: 0 }),
  'concatenate of others': p.concatenate([x, x, x], { axis: 3 }),
  pad: p.pad(x, { low: [1, 0, 0, 2], high: [0, 1, 0, 0], between: [2, 1, 0, 0] }),
};

const placedFor = ({ shape }: { shape: p.Shape }) => ({ ...p.denseView(shape), shape });

for (const [name, y] of Object.entries(made))
  test(name, () => {
    const { node, inputs, attributes } = y.vertex;
    if (node.kind === 'composite' || node.kind === 'leaf') throw new Error(`${name} is no primitive`);
    const shapes = inputs.map(({ shape }) => shape);
    const { form } = node;
    if (form?.kind === 'view') {
      const [input = x] = inputs;
      const view = form.view(placedFor(input), attributes, y.shape);
      expect(view).toBeDefined();
      y.shape.forEach((extent, axis) => {
        if (extent === 1) expect([axis, view?.strides[axis]]).toEqual([axis, 0]);
      });
    } else if (form?.kind === 'parts') {
      const views = form.parts(shapes, attributes, y.shape);
      expect(views).toHaveLength(shapes.length);
      views.forEach((view, i) => {
        shapes[i]?.forEach((extent, axis) => {
          if (extent === 1) expect([axis, view.strides[axis]]).toEqual([axis, 0]);
        });
      });
    } else throw new Error(`${name} is ${form?.kind ?? 'without a form'}`);
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
