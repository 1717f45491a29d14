import type { GraphProto, NodeProto } from 'onnx-buf';

/** The modules that a node belongs to, outermost first: `['encoder', 'layer.0', 'attention']`. */
export type ScopePath = readonly string[];

/** What torch.onnx with `dynamo=True` writes beside each node, in place of a name with slashes. */
const torchScopes = 'pkg.torch.onnx.name_scopes';

/** Below this share of nodes with a scope of their own, the names of weights tell more. */
const fewNames = 0.2;

/**
 * Finds the place of each node in the hierarchy that the graph was exported from: by its name
 * (`/encoder/layer.0/attention/MatMul`), or by what exporters write beside it. Where neither tells
 * anything, by the names of the weights: `encoder.layer.0.query.bias`.
 */
export function scopesOf(graph: GraphProto): ScopePath[] {
  const scopes = graph.node.map(ownScope);
  const named = scopes.filter(({ length }) => length > 0).length;
  if (named >= graph.node.length * fewNames) return besideReaders(graph, scopes);
  const byWeights = scopesByWeights(graph);
  return byWeights.some(({ length }) => length > 0) ? byWeights : scopes;
}

/**
 * Nodes without a scope that read stored tensors alone, such as the DequantizeLinear of a weight,
 * belong to those that read them.
 */
function besideReaders(graph: GraphProto, scopes: readonly ScopePath[]): ScopePath[] {
  const computed = new Set(graph.input.map(({ name }) => name));
  for (const { name } of graph.initializer) computed.delete(name);
  const ofStored = graph.node.map(({ input, output }) => {
    const stored = !input.some((name) => computed.has(name));
    if (!stored) for (const name of output) computed.add(name);
    return stored;
  });
  const readers = new Map<string, ScopePath>();
  const found = [...scopes];
  for (let index = graph.node.length - 1; index >= 0; index--) {
    const { input, output } = graph.node[index] as NodeProto;
    const reader = output.map((name) => readers.get(name)).find((scope) => scope);
    if (ofStored[index] && found[index]?.length === 0 && reader) found[index] = reader;
    for (const name of input) readers.set(name, found[index] ?? []);
  }
  return found;
}

function ownScope(node: NodeProto): ScopePath {
  const written = node.metadataProps.find(({ key }) => key === torchScopes)?.value;
  if (written) return fromTorchScopes(written);
  return node.name.includes('/') ? node.name.split('/').filter(Boolean).slice(0, -1) : [];
}

/** `['', 'encoder', 'encoder.layer.0', 'matmul']`, of which the last is the node itself. */
function fromTorchScopes(written: string): ScopePath {
  const names = [...written.matchAll(/'([^']*)'/g)].map(([, name]) => name as string).slice(0, -1);
  let parent = '';
  return names.flatMap((name) => {
    if (name === '' || name === parent) return [];
    const segment = parent && name.startsWith(`${parent}.`) ? name.slice(parent.length + 1) : name;
    parent = name;
    return [segment];
  });
}

/**
 * A node that reads a weight belongs where the weight does; those between two such nodes belong to
 * what both have in common.
 */
function scopesByWeights(graph: GraphProto): ScopePath[] {
  const weights = new Map(graph.initializer.map(({ name }) => [name, scopeOfWeight(name)]));
  const own = graph.node.map(({ input }) =>
    input.map((name) => weights.get(name) ?? []).reduce(longer, []),
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
