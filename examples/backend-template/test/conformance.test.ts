// Every primitive, dtype and awkward shape against the primitives' own meaning; buffers, binding, donation, errors, leaks.
import { conformBackend } from '@pullback/testing';
import { test } from 'vitest';
import { TemplateBackend } from '../src/index.ts';

for (const { name, run } of conformBackend(() => new TemplateBackend())) test(name, run);
