import type { Rule, Rules } from '../node-view.js';
import { controlFlow } from './control-flow.js';
import { convolutions } from './convolution.js';
import { elementwise } from './elementwise.js';
import { gathering } from './gather.js';
import { products } from './matmul.js';
import { normalization } from './normalization.js';
import { contribQuantization, quantization } from './quantization.js';
import { reductions } from './reductions.js';
import { reshaping } from './reshape.js';
import { shapeTensors } from './shape-tensors.js';
import { slices } from './slices.js';

const families: Readonly<Record<string, readonly Rules[]>> = {
  '': [
    controlFlow,
    convolutions,
    elementwise,
    gathering,
    normalization,
    products,
    quantization,
    reductions,
    reshaping,
    shapeTensors,
    slices,
  ],
  'com.microsoft': [contribQuantization],
};

/** The rule of every operator that inference knows, by `<domain>:<operator>`. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries(families).flatMap(([domain, list]) =>
    list.flatMap((family) =>
      Object.entries(family).map(([name, rule]) => [`${domain}:${name}`, rule] as const),
    ),
  ),
);
