import { subgraphsOf } from '../../onnx/subgraphs.js';
import { rule } from '../rule.js';
import type { Scope } from '../scope.js';

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

export const controlFlowRules = [controlFlow, branches] as const;
