import type { Rule, Rules } from '../node-view.js';
import { attentions, previewAttentions } from './attention.js';
import { contrib } from './contrib.js';
import { contribAttentions } from './contrib-attention.js';
import { controlFlow } from './control-flow.js';
import { convolutions } from './convolution.js';
import { elementwise } from './elementwise.js';
import { gathering } from './gather.js';
import { images } from './images.js';
import { machineLearning } from './machine-learning.js';
import { products } from './matmul.js';
import { normalization } from './normalization.js';
import { contribQuantization, quantization } from './quantization.js';
import { recurrence } from './recurrent.js';
import { reductions } from './reductions.js';
import { reshaping } from './reshape.js';
import { sequences } from './sequences.js';
import { shapeTensors } from './shape-tensors.js';
import { signals } from './signal.js';
import { slices } from './slices.js';
import { texts } from './text.js';
import { losses, optimizers } from './training.js';

const families: Readonly<Record<string, readonly Rules[]>> = {
  '': [
    attentions,
    controlFlow,
    convolutions,
    elementwise,
    gathering,
    images,
    losses,
    normalization,
    products,
    quantization,
    recurrence,
    reductions,
    reshaping,
    sequences,
    shapeTensors,
    signals,
    slices,
    texts,
  ],
  'ai.onnx.ml': [machineLearning],
  'ai.onnx.preview': [previewAttentions],
  'ai.onnx.preview.training': [optimizers],
  'com.microsoft': [contrib, contribAttentions, contribQuantization],
};

/** The rule of every operator that inference knows, by `<domain>:<operator>`. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries(families).flatMap(([domain, list]) =>
    list.flatMap((family) =>
      Object.entries(family).map(([name, rule]) => [`${domain}:${name}`, rule] as const),
    ),
  ),
);
