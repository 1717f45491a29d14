import type { AttributeProto } from 'onnx-buf';
import { type AttributeValue, encodeAttributes } from '../onnx/attributes.js';
import { type Tensor, tensor } from '../tensor.js';
import type { HalfConstants } from './constants.js';
import type { PrecisionPlan } from './plan.js';
import { isFloat, type Step } from './value-graph.js';

/** Attributes that name the element type of the first output. */
const typeAttributes: Readonly<Record<string, string>> = {
  Bernoulli: 'dtype',
  Cast: 'to',
  EyeLike: 'dtype',
  RandomNormal: 'dtype',
  RandomNormalLike: 'dtype',
  RandomUniform: 'dtype',
  RandomUniformLike: 'dtype',
};

/** Lets a node's attributes say the type that its output has now. */
export function adaptNode(step: Step, plan: PrecisionPlan, { converted }: HalfConstants): void {
  const { node, outputs } = step;
  const [output] = outputs;
  if (!isFloat(output) || !step.slots) return;
  const type = plan.storedType(output);
  const isHalf = type === plan.half;
  const attribute = typeAttributes[node.opType];
  if (attribute !== undefined && type !== undefined) {
    setAttribute(step, attribute, type);
  } else if (node.opType === 'ConstantOfShape' && isHalf) {
    const fill = converted.get(output);
    setAttribute(step, 'value', halfTensor(plan, fill?.bits ?? new Uint16Array(1), [1]));
  } else if (node.opType === 'DequantizeLinear' && isHalf && step.inputs[1]) {
    // Without it the output has the type of the scales.
    if (plan.wantedType(step.inputs[1]) !== plan.half) setAttribute(step, 'output_dtype', type);
  }
}

/** A constant's values in the half-precision type of the plan. */
export function halfTensor(
  plan: PrecisionPlan,
  bits: Uint16Array,
  dims: readonly number[],
): Tensor {
  return tensor(plan.typeName, dims, bits);
}

export function setAttribute({ node }: Step, name: string, value: AttributeValue): void {
  const [attribute] = encodeAttributes({ [name]: value }) as [AttributeProto];
  node.attribute = [...node.attribute.filter((other) => other.name !== name), attribute];
}
