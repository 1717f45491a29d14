import type { NodeProto } from 'onnx-buf';
import { productName } from '../../engine/library/library.js';
import { subgraphsOf } from '../../onnx/subgraphs.js';
import type { CheckContext } from '../context.js';
import {
  extraOperators,
  integerOperators,
  isImported,
  newestOpset,
  oldestOpset,
  pluginOperators,
  sameInOnnxRuntime,
} from '../operators.js';
import { rule } from '../rule.js';
import type { Scope } from '../scope.js';

const isOnnx = ({ domain }: NodeProto) => domain === '' || domain === 'ai.onnx';

const unsupported = rule({
  code: 'operator-unsupported',
  severity: 'error',
  parserDecides: true,
  title: 'An operator of ONNX that TensorRT lacks',
  why: "TensorRT's parser has no importer for it and refuses the model.",
  remedy:
    'Export the model without it, write it with operators that TensorRT has, or load a plugin of that name.',
  *find(context) {
    for (const { node, reference } of context.sites) {
      const { opType } = node;
      if (!isOnnx(node) || integerOperators.has(opType)) continue;
      if (isImported(opType, context.target.product) || extraOperators.has(opType)) continue;
      if (isFunction(context, node)) continue;
      yield {
        node: reference,
        what: `${opType} is no operator of TensorRT.`,
        ...softer(context),
      };
    }
  },
});

const ofOnnxRuntime = rule({
  code: 'operator-onnxruntime',
  severity: 'error',
  title: "An operator of ONNX Runtime's own",
  why: 'ONNX Runtime wrote this file when it optimised or quantized the model, for itself: no other runtime has these operators. TensorRT refuses most; those that share the name of an ONNX operator it takes for that one.',
  remedy:
    'Use the file from before the optimisation, or optimise with ORT_ENABLE_BASIC at most (optimum: -O1), which writes ONNX operators only.',
  *find(context) {
    for (const { node, reference } of context.sites) {
      const { opType, domain } = node;
      if (!domain.startsWith('com.microsoft') || integerOperators.has(opType)) continue;
      if (sameInOnnxRuntime.has(opType) || isFunction(context, node)) continue;
      const crashes = opType === 'MultiHeadAttention';
      const known = isImported(opType, context.target.product);
      yield {
        node: reference,
        what: crashes
          ? `${domain}.${opType} parses in TensorRT for RTX, and may end the build with a crash.`
          : known
            ? `${domain}.${opType} is taken for ONNX's ${opType}, which is another operator.`
            : `${domain}.${opType} is no operator of TensorRT.`,
        ...softer(context),
      };
    }
  },
});

const foreign = rule({
  code: 'operator-domain',
  severity: 'error',
  parserDecides: true,
  title: 'An operator of another domain',
  why: 'TensorRT looks for a plugin of that name, and refuses the model where none is loaded.',
  remedy:
    'Give the library that has the plugin as plugins, or export the model without the operator.',
  *find(context) {
    for (const { node, reference } of context.sites) {
      const { opType, domain } = node;
      if (isOnnx(node) || domain.startsWith('com.microsoft')) continue;
      if (isImported(opType, context.target.product) || extraOperators.has(opType)) continue;
      if (isFunction(context, node)) continue;
      yield {
        node: reference,
        what: `${domain}.${opType} is no operator of TensorRT.`,
        ...softer(context),
      };
    }
  },
});

const byPlugin = rule({
  code: 'operator-plugin',
  severity: 'warning',
  title: "An operator that needs TensorRT's plugin library",
  why: 'The parser hands it to a plugin. The plugin library needs the CUDA driver, so that the model parses only on a machine with a GPU, and with the library beside the core.',
  remedy:
    'Build on a machine with the driver and the plugin library; doctor() tells what is there.',
  *find(context) {
    for (const { node, reference } of context.ofType(...pluginOperators)) {
      if (!isOnnx(node)) continue;
      yield { node: reference, what: `${node.opType} is a plugin in TensorRT.` };
    }
  },
});

const selection = rule({
  code: 'operator-no-kernel',
  severity: 'error',
  title: 'An operator that the builder has no kernel for',
  why: 'The parser of TensorRT for RTX 1.7 takes it and the build fails: "has no runners that implement it".',
  remedy:
    'Cut the model before it and run the rest elsewhere, or build for TensorRT instead of TensorRT for RTX.',
  *find(context) {
    if (context.target.product !== 'tensorrt-rtx') return;
    for (const { node, reference } of context.ofType('NonMaxSuppression')) {
      yield {
        node: reference,
        what: `${node.opType} parses in ${productName('tensorrt-rtx')} and does not build.`,
      };
    }
  },
});

const dataDependent = rule({
  code: 'shape-from-data',
  severity: 'warning',
  title: 'A size that depends on values',
  why: 'The size of the output is known only when the engine runs: TensorRT allocates it then, CUDA graphs cannot capture it, and fusion ends there.',
  remedy:
    'Where the size has a bound, write the model with a fixed one: TopK with a constant K, a mask instead of NonZero.',
  *find(context) {
    for (const { node, reference } of context.ofType('NonZero', 'NonMaxSuppression')) {
      yield {
        node: reference,
        what: `The size of what ${node.opType} gives depends on its input.`,
      };
    }
    for (const { node, scope, reference } of context.ofType('TopK')) {
      const k = node.input[1] ?? '';
      if (k === '' || scope.constant(k) || scope.tensor(k).values?.[0] !== undefined) continue;
      yield { node: reference, what: 'The K of TopK is computed when the model runs.' };
    }
  },
});

const controlFlow = rule({
  code: 'control-flow',
  severity: 'info',
  title: 'Branches and loops',
  why: 'TensorRT runs them without fusing across their edges; the two branches of an If must give tensors of one rank and type.',
  remedy:
    'Where the condition never changes in use, export the model without it; exporters leave such Ifs where a size was not known.',
  *find(context) {
    for (const { node, reference } of context.ofType('If', 'Loop', 'Scan')) {
      const count = subgraphsOf(node).reduce((sum, graph) => sum + graph.node.length, 0);
      yield { node: reference, what: `${node.opType} holds ${count} nodes.` };
    }
  },
});

const branches = rule({
  code: 'if-branches-differ',
  severity: 'error',
  title: 'Branches of an If with different ranks or types',
  why: 'Where TensorRT cannot decide the condition when it builds, it joins the branches to one tensor, whose rank and type are fixed: it refuses others.',
  remedy:
    'Export with the condition decided: torch leaves such an If around squeeze() without dim. squeeze(dim) avoids it.',
  *find(context) {
    for (const { node, scope, reference } of context.ofType('If')) {
      if (!dependsOnData(scope, node.input[0] ?? '')) continue;
      const [first, second] = subgraphsOf(node).map((graph) =>
        context.scopes.find((scope) => scope.graph.proto === graph),
      );
      if (!first || !second) continue;
      const different = node.output.findIndex((_, index) => {
        const [a, b] = [first, second].map((scope) =>
          scope.tensor(scope.graph.proto.output[index]?.name ?? ''),
        );
        return differ(a?.dims?.length, b?.dims?.length) || differ(a?.elementType, b?.elementType);
      });
      if (different === -1) continue;
      yield {
        node: reference,
        tensor: node.output[different],
        what: 'The branches of If give tensors of different rank or type.',
      };
    }
  },
});

/** Whether a tensor is computed from values that are fed, and not from sizes alone. */
function dependsOnData(scope: Scope, tensor: string): boolean {
  const pending = new Set([tensor]);
  for (const name of pending) {
    if (name === '' || scope.constant(name) || scope.tensor(name).values?.length) continue;
    const producer = scope.producer(name);
    if (!producer) return true;
    if (producer.opType === 'Shape' || producer.opType === 'Size') continue;
    for (const input of producer.input) pending.add(input);
  }
  return false;
}

function differ(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

const opset = rule({
  code: 'opset-newer',
  severity: 'warning',
  title: 'An opset newer than the parser',
  why: 'The parser reads any opset, and takes each operator for the version it knows.',
  remedy: `Export with opset ${newestOpset} or older.`,
  *find({ model }) {
    if (model.opset <= newestOpset) return;
    yield {
      what: `The model is of opset ${model.opset}; the parser knows the operators up to ${newestOpset}.`,
    };
  },
});

const oldOpset = rule({
  code: 'opset-older',
  severity: 'warning',
  title: 'An opset older than the parser supports',
  why: 'Operators meant other things then: broadcasting had attributes. The parser warns that it guarantees nothing.',
  remedy: 'Convert the model by onnx.version_converter, or export it again.',
  *find({ model }) {
    if (model.opset === 0 || model.opset >= oldestOpset) return;
    yield {
      what: `The model is of opset ${model.opset}; TensorRT supports ${oldestOpset} and later.`,
    };
  },
});

function isFunction({ model }: CheckContext, { opType, domain }: NodeProto): boolean {
  return model.proto.functions.some((own) => own.name === opType && own.domain === domain);
}

/** A plugin that is loaded may bring the operator. */
function softer({ target }: CheckContext) {
  return target.hasPlugins ? ({ severity: 'info' } as const) : {};
}

export const operatorRules = [
  unsupported,
  ofOnnxRuntime,
  foreign,
  byPlugin,
  selection,
  dataDependent,
  controlFlow,
  branches,
  opset,
  oldOpset,
] as const;
