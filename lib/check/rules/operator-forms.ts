import type { NodeProto } from 'onnx-buf';
import { getFloat, getInt, getString } from '../../onnx/attributes.js';
import { rule } from '../rule.js';

/** Forms of known operators that the parser of TensorRT for RTX 1.7.1 refuses: what each is called. */
const refusedForms: Readonly<Record<string, (node: NodeProto) => string | undefined>> = {
  MaxPool: (node) => (node.output[1] ? 'with the output Indices' : undefined),
  Resize: (node) => (getInt(node, 'antialias') ? 'with antialias' : undefined),
  ScatterND: (node) => reduction(node, ['none']),
  ScatterElements: (node) => reduction(node, ['none', 'add', 'mul', 'max', 'min']),
  LSTM: (node) => (getInt(node, 'input_forget') ? 'with input_forget' : undefined),
  Constant: (node) =>
    node.attribute.some(({ name }) => /^(sparse_value|value_strings?)$/.test(name))
      ? 'with texts or a sparse value'
      : undefined,
  Attention: (node) => {
    if (node.output.slice(1).some((name) => name !== '')) return 'with more than one output';
    if (node.input[4] || node.input[5]) return 'with past_key and past_value';
    if (getFloat(node, 'softcap')) return 'with softcap';
    return getInt(node, 'softmax_precision') === undefined ? undefined : 'with softmax_precision';
  },
};

function reduction(node: NodeProto, taken: readonly string[]): string | undefined {
  const given = getString(node, 'reduction') ?? 'none';
  return taken.includes(given) ? undefined : `with reduction '${given}'`;
}

const form = rule({
  code: 'operator-form',
  severity: 'error',
  parserDecides: true,
  title: 'A form of an operator that TensorRT lacks',
  why: "TensorRT's parser imports the operator, and refuses it in this form.",
  remedy: 'Export the model without that attribute or output, or write it with other operators.',
  *find(context) {
    for (const { node, reference } of context.ofType(...Object.keys(refusedForms))) {
      if (node.domain !== '' && node.domain !== 'ai.onnx') continue;
      const refused = refusedForms[node.opType]?.(node);
      if (refused === undefined) continue;
      yield { node: reference, what: `TensorRT has no ${node.opType} ${refused}.` };
    }
  },
});

export const operatorFormRules = [form] as const;
