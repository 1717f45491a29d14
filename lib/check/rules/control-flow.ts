import { subgraphsOf } from '../../onnx/graph/subgraphs.js';
import type { CheckContext } from '../context.js';
import { nodeText } from '../finding.js';
import { rule } from '../rule.js';
import type { Scope } from '../scope.js';

const controlFlow = rule({
  code: 'control-flow',
  severity: 'info',
  title: 'Branches and loops',
  why: 'TensorRT runs them without fusing across their edges. With dynamic sizes and a condition that is known only when the engine runs, the compiler of TensorRT for RTX 1.7 fails on some: on the merged decoders of Optimum, for one.',
  remedy:
    'Where the condition never changes in use, export the model without it; export merged decoders as two files.',
  *find(context) {
    for (const { node, scope, reference } of context.ofType('If', 'Loop', 'Scan')) {
      const count = subgraphsOf(node).reduce((sum, graph) => sum + graph.node.length, 0);
      const isOpen =
        node.opType === 'If' && isDynamic(context) && !isDecided(scope, node.input[0] ?? '');
      yield {
        node: reference,
        what: `${node.opType} holds ${count} nodes${isOpen ? ', with a condition that stays open in the build' : ''}.`,
        ...(isOpen &&
          context.target.product === 'tensorrt-rtx' && { severity: 'warning' as const }),
      };
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
    for (const { reference, output, first, second } of joinedOutputs(context)) {
      const ranks = differ(first.dims?.length, second.dims?.length);
      if (!ranks && !differ(first.elementType, second.elementType)) continue;
      yield {
        node: reference,
        tensor: output,
        what: 'The branches of If give tensors of different rank or type.',
      };
    }
  },
});

const sizes = rule({
  code: 'if-sizes-differ',
  severity: 'error',
  title: 'Branches of an If with different dynamic sizes',
  why: 'TensorRT for RTX 1.7 takes it, and its compiler fails, where one axis has two dynamic sizes, another axis is dynamic too, and the condition stays open when it builds.',
  remedy:
    'Export a model for each branch: Optimum writes decoder_model.onnx and decoder_with_past_model.onnx beside the merged decoder.',
  *find(context) {
    if (context.target.product !== 'tensorrt-rtx') return;
    for (const { reference, output, first, second } of joinedOutputs(context)) {
      const axis = first.dims?.findIndex((dim, index) => {
        const other = second.dims?.[index];
        return typeof dim === 'string' && typeof other === 'string' && dim !== other;
      });
      if (axis === undefined || axis === -1) continue;
      // With every other axis fixed it builds.
      if (first.dims?.every((dim, index) => index === axis || isNumber(dim))) continue;
      yield {
        node: reference,
        tensor: output,
        what: `Axis ${axis} of '${output}' is ${first.dims?.[axis]} in one branch of If and ${second.dims?.[axis]} in the other.`,
      };
    }
  },
});

/** The outputs of each If whose condition stays open, as each of the two branches gives them. */
function* joinedOutputs(context: CheckContext) {
  for (const { node, scope, reference } of context.ofType('If')) {
    if (isDecided(scope, node.input[0] ?? '')) continue;
    const [first, second] = subgraphsOf(node).map((graph) =>
      context.scopes.find((scope) => scope.graph.proto === graph),
    );
    if (!first || !second) continue;
    const given = (branch: Scope, index: number) =>
      branch.tensor(branch.graph.proto.output[index]?.name ?? '');
    for (const [index, output] of node.output.entries()) {
      yield { reference, output, first: given(first, index), second: given(second, index) };
    }
  }
}

/** Whether TensorRT can tell a condition when it builds: from constants and from sizes that are fixed. */
function isDecided(scope: Scope, condition: string): boolean {
  const pending = new Set([condition]);
  for (const name of pending) {
    if (name === '' || scope.constant(name) || isKnown(scope, name)) continue;
    const producer = scope.producer(name);
    if (!producer) return false;
    const isSize = producer.opType === 'Shape' || producer.opType === 'Size';
    if (isSize && scope.dims(producer.input[0] ?? '')?.every(isNumber)) continue;
    if (isSize) return false;
    for (const input of producer.input) pending.add(input);
  }
  return true;
}

function isKnown(scope: Scope, tensor: string): boolean {
  const { values } = scope.tensor(tensor);
  return values !== undefined && values.length > 0 && values.every(isNumber);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

const nested = rule({
  code: 'if-nested',
  severity: 'error',
  title: 'An If inside an If, and dynamic sizes',
  why: 'TensorRT for RTX 1.7 takes it, and its compiler fails, where neither condition is known when it builds. With fixed sizes it builds.',
  remedy:
    'Export the model with one of the conditions decided: torch leaves Ifs where a size was not known, and a fixed size or a model per sampling rate, say, takes them away.',
  *find(context) {
    if (context.target.product !== 'tensorrt-rtx' || !isDynamic(context)) return;
    for (const { node, scope, reference } of context.ofType('If')) {
      if (isDecided(scope, node.input[0] ?? '')) continue;
      const inner = subgraphsOf(node)
        .flatMap((graph) => context.scopes.find((one) => one.graph.proto === graph) ?? [])
        .flatMap(({ sites }) => sites)
        .find(
          (site) => site.node.opType === 'If' && !isDecided(site.scope, site.node.input[0] ?? ''),
        );
      if (!inner) continue;
      yield { node: reference, what: `If has another ${nodeText(inner.node)} in a branch.` };
    }
  },
});

function isDynamic({ model }: CheckContext): boolean {
  return model.inputs.some(({ dims }) => !dims?.every(isNumber));
}

function differ(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

export const controlFlowRules = [controlFlow, branches, sizes, nested] as const;
