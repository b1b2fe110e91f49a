import type { Operators } from '../operator-node.ts';
import { attentions } from './attention.ts';
import { control } from './control.ts';
import { conversion } from './conversion.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { losses } from './losses.ts';
import { normalization } from './normalization.ts';
import { onHost } from './on-host.ts';
import { optimizing } from './optimizing.ts';
import { pooling } from './pooling.ts';
import { products } from './products.ts';
import { quantization } from './quantization.ts';
import { random } from './random.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { resizing } from './resizing.ts';
import { sampling } from './sampling.ts';
import { shapes } from './shapes.ts';
import { signal } from './signal.ts';

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
  ...control,
  ...recurrent,
  ...signal,
  ...resizing,
  ...sampling,
  ...onHost,
  ...random,
  ...optimizing,
};
