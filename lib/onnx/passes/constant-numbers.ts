import { elementCount } from '../../tensor.js';
import { toDataType } from '../element-types.js';
import { isExternal } from '../external.js';
import type { GraphLookups } from '../graph-lookups.js';
import { numbersOf } from '../scalar.js';
import { readInlineWeights } from '../weights.js';

/** Shapes, axes and the like have no more elements. */
const longest = 1024;

/** The elements of a small constant in the model itself, such as a shape; undefined for others. */
export function constantNumbers(
  graph: GraphLookups,
  tensor: string | undefined,
): number[] | undefined {
  const value = tensor ? graph.constant(tensor) : undefined;
  if (!value || isExternal(value) || toDataType(value.dataType) === undefined) return undefined;
  if (elementCount(value.dims.map(Number)) > longest) return undefined;
  return numbersOf(readInlineWeights(value));
}
