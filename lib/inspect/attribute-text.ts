import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  type NodeProto,
} from 'onnx-buf';
import { subgraphsOf } from '../onnx/subgraphs.js';
import { typeName } from './values.js';

/** The value of an attribute as a person reads it: no values of tensors, and the start of long lists. */
export function attributeText(attribute: AttributeProto): string {
  const { type, i, f, s, t, g, ints, floats, strings } = attribute;
  const decoder = new TextDecoder();
  switch (type) {
    case AttributeType.INT:
      return `${i}`;
    case AttributeType.FLOAT:
      return `${Number(f.toPrecision(7))}`;
    case AttributeType.STRING:
      return `'${shortened(decoder.decode(s))}'`;
    case AttributeType.INTS:
      return `[${shortened(ints.join(', '))}]`;
    case AttributeType.FLOATS:
      return `[${shortened(floats.map((value) => Number(value.toPrecision(7))).join(', '))}]`;
    case AttributeType.STRINGS:
      return `[${shortened(strings.map((text) => `'${decoder.decode(text)}'`).join(', '))}]`;
    case AttributeType.TENSOR:
      return t ? `${typeName(t.dataType)} [${t.dims.join(', ')}]` : '';
    case AttributeType.GRAPH:
      return g ? `graph of ${countNodes(g.node)} nodes` : '';
    default:
      return AttributeType[type]?.toLowerCase() ?? '';
  }
}

function countNodes(nodes: readonly NodeProto[]): number {
  return nodes.reduce(
    (sum, node) => sum + 1 + subgraphsOf(node).reduce((n, graph) => n + countNodes(graph.node), 0),
    0,
  );
}

function shortened(text: string): string {
  return text.length > 400 ? `${text.slice(0, 397)}...` : text;
}
