import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { AttributeProtoSchema, type NodeProto } from 'onnx-buf';
import { shallowCopy } from '../../onnx/messages.js';
import { attributeText } from '../attribute-text.js';

/** The attributes of a node as texts that are equal exactly where the attributes are. */
export function attributesOf(node: NodeProto): Map<string, string> {
  return new Map(
    node.attribute.map((attribute) => {
      const bytes = toBinary(
        AttributeProtoSchema,
        Object.assign(shallowCopy(attribute), { docString: '' }),
      );
      const text = attributeText(attribute);
      // Tensors and graphs are too long to be told, and so is a long list.
      const isWhole = text.length < 200 && !attribute.t && !attribute.g;
      return [attribute.name, isWhole ? text : `${text.slice(0, 200)} #${digest(bytes)}`];
    }),
  );
}

/** Tells long values apart. */
export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 8);
}
