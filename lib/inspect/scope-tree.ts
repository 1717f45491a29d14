import { createHash } from 'node:crypto';
import type { GraphProto, NodeProto } from 'onnx-buf';
import { scopesOf } from './scopes.js';

/** A module of the hierarchy, with the nodes and modules in it in the order of the graph. */
export interface Scope {
  readonly name: string;
  readonly entries: readonly (Scope | NodeProto)[];
  /** Nodes in it, at any depth. */
  readonly nodes: number;
  /** Equal for modules with the same operators in the same order, such as the layers of an encoder. */
  readonly signature: string;
}

export function isScope(entry: Scope | NodeProto): entry is Scope {
  return 'entries' in entry;
}

/** The nodes of a graph by the hierarchy they were exported from. `Constant` nodes are left out. */
export function scopeTree(graph: GraphProto): Scope {
  const root = new GrowingScope(graph.name);
  const scopes = scopesOf(graph);
  graph.node.forEach((node, index) => {
    if (node.opType === 'Constant') return;
    let scope = root;
    for (const name of scopes[index] ?? []) scope = scope.inner(name);
    scope.entries.push(node);
  });
  return root.finished();
}

class GrowingScope {
  readonly name: string;
  readonly entries: (GrowingScope | NodeProto)[] = [];
  readonly #inner = new Map<string, GrowingScope>();

  constructor(name: string) {
    this.name = name;
  }

  inner(name: string): GrowingScope {
    let scope = this.#inner.get(name);
    if (!scope) {
      scope = new GrowingScope(name);
      this.#inner.set(name, scope);
      this.entries.push(scope);
    }
    return scope;
  }

  finished(): Scope {
    const entries = this.entries.map((entry) =>
      entry instanceof GrowingScope ? entry.finished() : entry,
    );
    return {
      name: this.name,
      entries,
      nodes: entries.reduce((sum, entry) => sum + (isScope(entry) ? entry.nodes : 1), 0),
      signature: signatureOf(entries),
    };
  }
}

/** The numbers in names are what layers differ in, so that names take no part. */
function signatureOf(entries: readonly (Scope | NodeProto)[]): string {
  const parts = entries.map((entry) => (isScope(entry) ? entry.signature : entry.opType));
  return createHash('sha256').update(parts.join(' ')).digest('base64url').slice(0, 16);
}

/** Runs of neighbours with the same signature among the modules of a list: layers that are alike. */
export function alike(entries: readonly (Scope | NodeProto)[]): (Scope[] | NodeProto)[] {
  const runs: (Scope[] | NodeProto)[] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    if (!isScope(entry)) runs.push(entry);
    else if (Array.isArray(last) && last[0]?.signature === entry.signature) last.push(entry);
    else runs.push([entry]);
  }
  return runs;
}
