import { TensorProto_DataType as ElementType, type TypeProto, type ValueInfoProto } from 'onnx-buf';
import { getInt } from '../../onnx/attributes.js';
import { elementTypeName } from '../../onnx/tensor/element-types.js';
import type { CheckContext } from '../context.js';
import type { Found } from '../finding.js';
import { rule } from '../rule.js';

/** What TensorRT's parser has a type for. */
const takenTypes: ReadonlySet<number> = new Set([
  ElementType.FLOAT,
  ElementType.FLOAT16,
  ElementType.BFLOAT16,
  ElementType.DOUBLE,
  ElementType.INT64,
  ElementType.INT32,
  ElementType.INT8,
  ElementType.UINT8,
  ElementType.BOOL,
  ElementType.INT4,
  ElementType.FLOAT8E4M3FN,
  ElementType.FLOAT4E2M1,
  ElementType.FLOAT8E8M0,
]);

const unsupported = rule({
  code: 'type-unsupported',
  severity: 'error',
  parserDecides: true,
  title: 'An element type that TensorRT lacks',
  why: 'TensorRT has no strings, no complex numbers, no INT16, no unsigned integers but UINT8 and no FP8 but E4M3: its parser refuses the model.',
  remedy: 'Use another type where the model is exported: INT32 or INT64 for whole numbers.',
  *find(context) {
    const refused = (type: number) => type !== ElementType.UNDEFINED && !takenTypes.has(type);
    for (const { value, type, kind } of interfaceOf(context)) {
      if (!refused(type)) continue;
      yield {
        tensor: value.name,
        what: `The ${kind} '${value.name}' is of type ${elementTypeName(type)}.`,
      };
    }
    for (const scope of context.scopes) {
      for (const { name, dataType } of scope.graph.proto.initializer) {
        if (!refused(dataType)) continue;
        yield {
          tensor: name,
          what: `The initializer '${name}' is of type ${elementTypeName(dataType)}.`,
        };
      }
    }
    for (const { node, reference } of context.ofType('Cast')) {
      const to = getInt(node, 'to') ?? 0;
      if (refused(to)) {
        yield { node: reference, what: `Cast converts to ${elementTypeName(to)}.` };
      }
    }
  },
});

const noTensor = rule({
  code: 'value-no-tensor',
  severity: 'error',
  parserDecides: true,
  title: 'An input or output that is no tensor',
  why: 'TensorRT knows tensors only: no sequences, maps, optional or sparse values.',
  remedy:
    'Export the model with tensors at its edges; for classifiers of scikit-learn that is zipmap=False.',
  *find({ model }) {
    const { input, output } = model.graph.proto;
    for (const { name, type } of [...input, ...output]) {
      const kind = type?.value.case;
      if (kind === undefined || kind === 'tensorType') continue;
      yield { tensor: name, what: `'${name}' is a ${kind.replace('Type', '')}.` };
    }
  },
});

const unsignedInside = rule({
  code: 'uint8-inside',
  severity: 'error',
  parserDecides: true,
  title: 'UINT8 inside the network',
  why: 'TensorRT has UINT8 for inputs and outputs only, with a Cast right behind or before them: others its parser refuses.',
  remedy:
    'Cast an input to FP32 or FP16 at once, and compute in INT32 where whole numbers are meant.',
  *find(context) {
    const { main } = context;
    for (const { value, type, kind } of interfaceOf(context)) {
      if (type !== ElementType.UINT8 || kind !== 'input') continue;
      const other = main.consumers(value.name).find(({ opType }) => !fromUint8.test(opType));
      if (!other) continue;
      yield {
        tensor: value.name,
        what: `${other.opType} reads the UINT8 input '${value.name}' as it is.`,
      };
    }
    for (const { node, scope, reference } of context.ofType('Cast')) {
      const output = node.output[0] ?? '';
      if (getInt(node, 'to') !== ElementType.UINT8) continue;
      if (scope.isMain && scope.isOutput(output)) continue;
      yield { node: reference, tensor: output, what: 'Cast converts to UINT8 inside the network.' };
    }
  },
});

const fromUint8 = /^(Cast|Identity|DequantizeLinear)$/;

const double = rule({
  code: 'float64',
  severity: 'warning',
  title: 'FLOAT64',
  why: 'TensorRT has no FLOAT64: its parser computes in FP32, and inputs and outputs become FP32 too.',
  remedy:
    'Convert the model to FP32, which fix() does where its code is named: then both runtimes compute the same.',
  *find(context) {
    const place = firstDouble(context);
    if (place) yield place;
  },
});

/** One finding says it: a model has either no FLOAT64 or a lot of it. */
function firstDouble(context: CheckContext): Found | undefined {
  for (const { value, type, kind } of interfaceOf(context)) {
    if (type !== ElementType.DOUBLE) continue;
    return { tensor: value.name, what: `The ${kind} '${value.name}' is of type DOUBLE.` };
  }
  for (const { node, reference } of context.ofType('Cast')) {
    if (getInt(node, 'to') !== ElementType.DOUBLE) continue;
    return { node: reference, what: 'Cast converts to DOUBLE.' };
  }
  for (const scope of context.scopes) {
    const initializer = scope.graph.proto.initializer.find(
      ({ dataType }) => dataType === ElementType.DOUBLE,
    );
    if (!initializer) continue;
    return {
      tensor: initializer.name,
      what: `The initializer '${initializer.name}' is of type DOUBLE.`,
    };
  }
  return undefined;
}

const echo = rule({
  code: 'output-echoes-input',
  severity: 'info',
  title: 'An output that is an input',
  why: 'The engine copies it to the GPU and back for nothing.',
  remedy:
    'Leave the output away; fix() does it where its code is named, since it changes what the model gives.',
  *find(context) {
    const inputs = new Set(context.main.graph.inputs.map(({ name }) => name));
    for (const { name } of context.main.graph.outputs) {
      const producer = context.main.producer(name);
      const source = producer?.opType === 'Identity' ? (producer.input[0] ?? '') : name;
      if (!inputs.has(source)) continue;
      yield { tensor: name, what: `The output '${name}' is the input '${source}'.` };
    }
  },
});

interface Edge {
  readonly value: ValueInfoProto;
  readonly type: number;
  readonly kind: 'input' | 'output';
}

/** What is fed to the model and what it gives. */
function interfaceOf({ main }: CheckContext): Edge[] {
  const { proto } = main.graph;
  const edge = (kind: Edge['kind']) => (value: ValueInfoProto) => ({
    value,
    type: elementTypeOf(value.type),
    kind,
  });
  return [
    ...proto.input.filter(({ name }) => !main.graph.initializer(name)).map(edge('input')),
    ...proto.output.map(edge('output')),
  ];
}

function elementTypeOf(type: TypeProto | undefined): number {
  return type?.value.case === 'tensorType' ? type.value.value.elemType : ElementType.UNDEFINED;
}

export const typeRules = [unsupported, noTensor, unsignedInside, double, echo] as const;
