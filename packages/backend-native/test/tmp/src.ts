import * as core from '@pullback/core';
import { placeholder, trace } from '@pullback/core';
import { kernelsFor } from '@pullback/compiler';
import { sourceOf } from '../../src/source.ts';
import { writeFileSync } from 'node:fs';
const x = placeholder({ shape: [17, 5], dtype: 'float32' }, 'x');
const p = trace([x], [core.softmax(x), core.tanh(x), core.sum(x), core.equal(x, 1), core.add(x, 2), core.max(x, {axis: 0}), core.maximum(x, 0), core.floor(x)]);
const s = sourceOf(kernelsFor(p), { lanes: 16, registers: 32, fused: true });
writeFileSync('/tmp/nat/src.c', s.text); console.log(s.text.length, s.kernels.length);
