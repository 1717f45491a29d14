import { create } from '@bufbuild/protobuf';
import { type NodeProto, NodeProtoSchema } from 'onnx-buf';
import { type Attributes, encodeAttributes } from '../attributes.js';

/** A node to be added; empty names in `inputs` are optional inputs left out. */
export interface NodeSpec {
  opType: string;
  inputs: readonly string[];
  outputs: readonly string[];
  name?: string;
  /** Absent for the operators of ONNX itself. */
  domain?: string;
  attributes?: Attributes;
}

/** A node to be put between a tensor and those who read it. */
export interface InsertedNode extends Omit<NodeSpec, 'inputs' | 'outputs'> {
  /** What it reads besides the tensor, which is its first input. */
  inputs?: readonly string[];
  /** The name of its output; by default a new one. */
  output?: string;
}

/** @throws TypeError as {@link encodeAttributes} */
export function toNodeProto({
  opType,
  inputs,
  outputs,
  attributes = {},
  name,
  domain,
}: NodeSpec): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    input: [...inputs],
    output: [...outputs],
    attribute: encodeAttributes(attributes),
    ...(name !== undefined && { name }),
    ...(domain !== undefined && { domain }),
  });
}
