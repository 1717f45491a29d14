import type { GraphProto } from 'onnx-buf';
import { TensorRTError } from '../errors.js';
import { subgraphsOf } from '../onnx/graph/subgraphs.js';
import type { Model } from '../onnx/model.js';
import { doublesToFloats } from '../onnx/passes/doubles-to-floats.js';
import { inlineFunctions } from '../onnx/passes/inline-functions.js';
import { upgradeOpset } from '../onnx/passes/upgrade-opset.js';
import { quantizers } from './operator-slots.js';
import type { CheckedOptions } from './options.js';

/** A copy of a model, ready to be converted. */
export interface Prepared {
  readonly model: Model;
  /** Why the opset is not the one that the options would need. */
  readonly problem: string | undefined;
}

/** Puts functions in place of their calls, raises the opset where the options need it, and names the nodes. */
export async function prepare(original: Model, options: CheckedOptions): Promise<Prepared> {
  const signal = options.signal ? { signal: options.signal } : {};
  const copy = original.clone();
  copy.graph.nameNodes();
  const { model } = await inlineFunctions(copy, signal);
  model.graph.nameNodes();
  if (options.float64 === 'float32') {
    await doublesToFloats(model, options.io === 'keep', options.signal);
  }
  const needed = neededOpset(model, options);
  if (needed <= model.opset) return { model, problem: undefined };
  try {
    return { model: (await upgradeOpset(model, needed, signal)).model, problem: undefined };
  } catch (error) {
    if (!(error instanceof TensorRTError && error.code === 'ERR_UNSUPPORTED')) throw error;
    return { model, problem: error.message };
  }
}

/** Most operators take BF16 from opset 22 on; for the scales see {@link CheckedOptions.scales}. */
function neededOpset(model: Model, { type, scales }: CheckedOptions): number {
  const forType = type === 'bf16' ? 22 : 0;
  if (scales === 'cast' || !hasQuantizers(model.graph.proto)) return forType;
  return Math.max(forType, scales === 'half' ? 19 : 23);
}

function hasQuantizers({ node }: GraphProto): boolean {
  return node.some((item) => quantizers.has(item.opType) || subgraphsOf(item).some(hasQuantizers));
}
