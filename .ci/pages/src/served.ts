import { serve } from '@pullback/worker';
import { make } from './train.ts';

await serve(make);
