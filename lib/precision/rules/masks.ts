import type { Step, Value } from '../value-graph.js';
import { isFloat } from '../value-graph.js';

/**
 * Follows a constant of huge numbers, such as -3.4e38, to see whether it only masks: whether all
 * that becomes of it ends in a `Softmax`, a comparison or another operator to which "far below all
 * others" is all that such a number means.
 *
 * @returns the tensors on the way; undefined where the number itself may matter.
 */
export function maskedTensors(constant: Value): Set<Value> | undefined {
  const values = new Set([constant]);
  let ends = 0;
  // A set iterates over what is added to it on the way.
  for (const value of values) {
    for (const { step, index } of value.uses) {
      const role = step ? roleOf(step, index) : 'unsafe';
      if (role === 'unsafe') return undefined;
      if (role === 'end') ends++;
      else for (const output of step?.outputs ?? []) if (isFloat(output)) values.add(output);
    }
  }
  return ends > 0 ? values : undefined;
}

type Role = 'passes' | 'end' | 'unsafe';

/** Operators through which a masking number stays one. */
const passing = new Set([
  'Add',
  'Cast',
  'CastLike',
  'Concat',
  'ConstantOfShape',
  'Div',
  'Expand',
  'Flatten',
  'Gather',
  'GatherElements',
  'GatherND',
  'Identity',
  'Max',
  'Min',
  'Mul',
  'Neg',
  'Pad',
  'Reshape',
  'ScatterElements',
  'ScatterND',
  'Slice',
  'Split',
  'Squeeze',
  'Sub',
  'Tile',
  'Transpose',
  'Trilu',
  'Unsqueeze',
  'Where',
]);

/** Operators whose result does not depend on how far below or above the others it is. */
const ends = new Set([
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'IsInf',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'LogSoftmax',
  'Shape',
  'Sigmoid',
  'Size',
  'Softmax',
]);

const attentionMask = 3;

function roleOf({ node, slots }: Step, index: number): Role {
  if (!slots) return 'unsafe';
  const { opType } = node;
  if (ends.has(opType)) return 'end';
  // The bounds of Clip, where a huge number means that there is none.
  if (opType === 'Clip') return index > 0 ? 'end' : 'passes';
  if (opType === 'Attention') return index === attentionMask ? 'end' : 'unsafe';
  if (opType === 'Div') return index === 0 ? 'passes' : 'unsafe';
  return passing.has(opType) ? 'passes' : 'unsafe';
}
