import type { GraphProto, NodeProto } from 'onnx-buf';
import type { PictureKind, PictureScope } from './picture.js';
import { isScope, type Scope, scopeTree } from './scope-tree.js';

/** More boxes than this in one place are laid out too slowly, and nobody reads them. */
const mostEntries = 120;
/** Fewer integer nodes than this are drawn where they are. */
const leastIntegers = 3;

type Entry = Scope | NodeProto;

/** The boxes of a picture, and the box that each node lies in. */
export interface PictureScopes {
  readonly scopes: PictureScope[];
  readonly scopeOf: ReadonlyMap<NodeProto, number>;
  /** Of a node that is all there is in its module: the name of the module. */
  readonly standsFor: ReadonlyMap<NodeProto, string>;
}

/**
 * The hierarchy that a picture draws: that of the names, where what computes shapes and masks is
 * put aside into boxes of its own, and long lists are cut into parts.
 */
export function pictureScopes(
  graph: GraphProto,
  kinds: ReadonlyMap<NodeProto, PictureKind>,
): PictureScopes {
  const scopes: PictureScope[] = [];
  const scopeOf = new Map<NodeProto, number>();
  const standsFor = new Map<NodeProto, string>();
  const add = (scope: Scope, parent: number, { alike, layer }: Likeness) => {
    const index = scopes.push({ name: scope.name, parent, alike, layer }) - 1;
    const entries = inParts(integersAside(withoutSingles(scope.entries, standsFor), kinds));
    const likeness = compare(entries);
    for (const entry of entries) {
      if (!isScope(entry)) scopeOf.set(entry, index);
      else add(entry, index, likeness(entry));
    }
  };
  add({ ...throughSingles(scopeTree(graph)), name: '' }, -1, { alike: 1, layer: false });
  return { scopes, scopeOf, standsFor };
}

/** A module of one node says no more than the node. */
function withoutSingles(entries: readonly Entry[], standsFor: Map<NodeProto, string>): Entry[] {
  return entries.map((entry) => {
    if (!isScope(entry)) return entry;
    const inner = throughSingles(entry);
    const [only, ...others] = inner.entries;
    if (!only || isScope(only) || others.length > 0) return inner;
    standsFor.set(only, inner.name);
    return only;
  });
}

/** A module that holds nothing but one module is no place of its own. */
function throughSingles(scope: Scope): Scope {
  const [only, ...others] = scope.entries;
  if (!only || !isScope(only) || others.length > 0) return scope;
  return throughSingles({ ...only, name: scope.name ? `${scope.name}/${only.name}` : only.name });
}

/** What a module has in common with its neighbours. */
type Likeness = Pick<PictureScope, 'alike' | 'layer'>;

function compare(entries: readonly Entry[]): (scope: Scope) => Likeness {
  const modules = entries.filter(isScope);
  const bySignature = count(modules.map(({ signature }) => signature));
  const byStem = count(modules.map(({ name }) => stemOf(name) ?? ''));
  return ({ signature, name, nodes }) => {
    // Modules of one or two nodes are alike by chance.
    const alike = nodes < 3 ? 1 : (bySignature.get(signature) ?? 1);
    const stem = stemOf(name);
    return { alike, layer: alike > 1 || (stem !== undefined && (byStem.get(stem) ?? 0) > 1) };
  };
}

function count(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** `layer.3` without its number; undefined for names without one. */
function stemOf(name: string): string | undefined {
  return /^(.*?)[._-]?\d+$/.exec(name)?.[1];
}

/** Puts integer nodes of one place that feed each other into a box. */
function integersAside(
  entries: readonly Entry[],
  kinds: ReadonlyMap<NodeProto, PictureKind>,
): Entry[] {
  const integers = entries.filter(
    (entry): entry is NodeProto => !isScope(entry) && kinds.get(entry) === 'integer',
  );
  if (integers.length === entries.length) return [...entries];
  const groups = connected(integers).filter(({ length }) => length >= leastIntegers);
  const groupOf = new Map(groups.flatMap((group) => group.map((node) => [node, group] as const)));
  return entries.flatMap((entry) => {
    const group = isScope(entry) ? undefined : groupOf.get(entry);
    if (!group) return [entry];
    return group[0] === entry ? [madeScope('shapes and masks', group)] : [];
  });
}

/** The nodes in groups within which each feeds, or is fed by, another. */
function connected(nodes: readonly NodeProto[]): NodeProto[][] {
  const leader = nodes.map((_, index) => index);
  const leaderOf = (index: number): number => {
    let at = index;
    while (leader[at] !== at) {
      // Halves the way for whoever comes next.
      leader[at] = leader[leader[at] as number] as number;
      at = leader[at] as number;
    }
    return at;
  };
  const producers = new Map(
    nodes.flatMap(({ output }, index) => output.map((name) => [name, index] as const)),
  );
  nodes.forEach(({ input }, index) => {
    for (const name of input) {
      const producer = producers.get(name);
      if (producer !== undefined) leader[leaderOf(index)] = leaderOf(producer);
    }
  });
  const groups = new Map<number, NodeProto[]>();
  nodes.forEach((node, index) => {
    const group = groups.get(leaderOf(index));
    if (group) group.push(node);
    else groups.set(leaderOf(index), [node]);
  });
  return [...groups.values()];
}

/** Cuts a long list into parts, and those into parts again where they are many. */
function inParts(entries: readonly Entry[]): Entry[] {
  if (entries.length <= mostEntries) return [...entries];
  const size = Math.ceil(entries.length / Math.ceil(entries.length / mostEntries));
  const parts: Entry[] = [];
  for (let start = 0; start < entries.length; start += size) {
    const part = entries.slice(start, start + size);
    parts.push(madeScope(`part ${parts.length + 1}`, part));
  }
  return inParts(parts);
}

function madeScope(name: string, entries: readonly Entry[]): Scope {
  const nodes = entries.reduce((sum, entry) => sum + (isScope(entry) ? entry.nodes : 1), 0);
  return { name, entries, nodes, signature: name };
}
