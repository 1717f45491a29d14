import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  type NodeProto,
} from 'onnx-buf';
import { subgraphsOf } from '../onnx/graph/subgraphs.js';
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
      return g ? graphText(g.node) : '';
    default:
      return AttributeType[type]?.toLowerCase() ?? '';
  }
}

/** How many nodes a sub-graph has at any depth, and which operators most often. */
function graphText(nodes: readonly NodeProto[]): string {
  const operators = new Map<string, number>();
  const count = (inner: readonly NodeProto[]) => {
    for (const node of inner) {
      operators.set(node.opType, (operators.get(node.opType) ?? 0) + 1);
      for (const graph of subgraphsOf(node)) count(graph.node);
    }
  };
  count(nodes);
  const all = [...operators].sort((a, b) => b[1] - a[1]);
  const total = all.reduce((sum, [, times]) => sum + times, 0);
  const most = all.slice(0, 8).map(([opType, times]) => `${times} ${opType}`);
  return `graph of ${total} nodes: ${most.join(', ')}${all.length > most.length ? ', ...' : ''}`;
}

function shortened(text: string): string {
  return text.length > 400 ? `${text.slice(0, 397)}...` : text;
}
