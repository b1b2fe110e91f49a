import type { Operators } from '../operator-node.ts';
import { attentions } from './attention.ts';
import { conversion } from './conversion.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { losses } from './losses.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { products } from './products.ts';
import { quantization } from './quantization.ts';
import { reductions } from './reductions.ts';
import { shapes } from './shapes.ts';

/** Every operator that is read, by its name: `com.acme:Foo` outside of ONNX's own domain. */
export const operators: Operators = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...conversion,
  ...products,
  ...indexing,
  ...convolution,
  ...pooling,
  ...normalization,
  ...losses,
  ...attentions,
  ...quantization,
};
