import type { GraphProto, NodeProto } from 'onnx-buf';

/** The modules that a node belongs to, outermost first: `['encoder', 'layer.0', 'attention']`. */
export type ScopePath = readonly string[];

/** What torch.onnx with `dynamo=True` writes beside each node, in place of a name with slashes. */
const torchScopes = 'pkg.torch.onnx.name_scopes';

/** What stands there for nodes that no module made. */
const noModule = '_empty_nn_module_stack_from_metadata_hook';

/** Below this share of nodes whose place is told, the names of weights tell more. */
const fewNames = 0.2;

/**
 * Finds the place of each node in the hierarchy that the graph was exported from: by its name
 * (`/encoder/layer.0/attention/MatMul`), or by what exporters write beside it. Where neither tells
 * anything, by the names of the weights: `encoder.layer.0.query.bias`. A node that tools have put
 * between others belongs to what those have in common.
 */
export function scopesOf(graph: GraphProto): ScopePath[] {
  const told = graph.node.map(ownScope);
  const named = told.filter((scope) => scope && scope.length > 0).length;
  if (named >= graph.node.length * fewNames) return besideNeighbours(graph, told);
  const byWeights = scopesByWeights(graph);
  return byWeights.some(({ length }) => length > 0) ? byWeights : told.map((scope) => scope ?? []);
}

/** Undefined where nothing tells it: a name without slashes says nothing of a place. */
function ownScope(node: NodeProto): ScopePath | undefined {
  const written = node.metadataProps.find(({ key }) => key === torchScopes)?.value;
  if (written) return fromTorchScopes(written);
  return node.name.includes('/') ? node.name.split('/').filter(Boolean).slice(0, -1) : undefined;
}

/** `['', 'encoder', 'encoder.layer.0', 'matmul']`, of which the last is the node itself. */
function fromTorchScopes(written: string): ScopePath | undefined {
  const names = [...written.matchAll(/'([^']*)'/g)].map(([, name]) => name as string).slice(0, -1);
  if (names.includes(noModule)) return undefined;
  let parent = '';
  return names.flatMap((name) => {
    if (name === '' || name === parent) return [];
    const segment = parent && name.startsWith(`${parent}.`) ? name.slice(parent.length + 1) : name;
    parent = name;
    return [segment];
  });
}

/**
 * Places nodes that nothing is told of between those that write what they read and those that read
 * what they write. Where they read stored tensors alone, such as a DequantizeLinear of a weight, it
 * is the reader that counts.
 */
function besideNeighbours(
  { node: nodes }: GraphProto,
  told: readonly (ScopePath | undefined)[],
): ScopePath[] {
  const readers = new Map<string, ScopePath>();
  const ahead = [...told];
  for (let index = nodes.length - 1; index >= 0; index--) {
    const { input, output } = nodes[index] as NodeProto;
    ahead[index] ??= output.map((name) => readers.get(name)).find((scope) => scope);
    const scope = ahead[index];
    if (scope) for (const name of input) readers.set(name, scope);
  }
  const writers = new Map<string, ScopePath>();
  return nodes.map(({ input, output }, index) => {
    const behind = input.map((name) => writers.get(name)).filter((scope) => scope !== undefined);
    const reader = ahead[index] ?? [];
    const between = behind.map((writer) => commonStart(writer, reader)).reduce(longer, []);
    const scope = told[index] ?? (behind.length > 0 ? between : reader);
    for (const name of output) writers.set(name, scope);
    return scope;
  });
}

/**
 * A node that reads a weight belongs where the weight does; those between two such nodes belong to
 * what both have in common.
 */
function scopesByWeights(graph: GraphProto): ScopePath[] {
  const weights = new Map(graph.initializer.map(({ name }) => [name, scopeOfWeight(name)]));
  // Equal weights of several modules may have been merged: then the name tells nothing.
  const readers = new Map<string, number>();
  for (const { input } of graph.node) {
    for (const name of input) readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const own = graph.node.map(({ input }) =>
    input
      .filter((name) => readers.get(name) === 1)
      .map((name) => weights.get(name) ?? [])
      .reduce(longer, []),
  );
  const next: ScopePath[] = [];
  let following: ScopePath = [];
  for (const [index, scope] of [...own.entries()].reverse()) {
    if (scope.length > 0) following = scope;
    next[index] = following;
  }
  let before: ScopePath = [];
  return own.map((scope, index) => {
    if (scope.length > 0) before = scope;
    return scope.length > 0 ? scope : commonStart(before, next[index] ?? []);
  });
}

function scopeOfWeight(name: string): ScopePath {
  if (name.includes('::')) return [];
  const segments: string[] = [];
  for (const part of name.split(/[./]/).filter(Boolean).slice(0, -1)) {
    // The number of a layer belongs to its name.
    if (/^\d+$/.test(part) && segments.length > 0) segments.push(`${segments.pop()}.${part}`);
    else segments.push(part);
  }
  return segments;
}

function longer(a: ScopePath, b: ScopePath): ScopePath {
  return b.length > a.length ? b : a;
}

function commonStart(a: ScopePath, b: ScopePath): ScopePath {
  const end = a.findIndex((segment, index) => segment !== b[index]);
  return end === -1 ? a : a.slice(0, end);
}
