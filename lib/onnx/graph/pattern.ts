import type { NodeProto, TensorProto } from 'onnx-buf';
import { scalarValue } from '../tensor/numbers.js';
import type { GraphLookups } from './graph-lookups.js';

/** Says what a tensor has to be; what it captures is in `C`. Made by {@link pattern}. */
export type Pattern<C extends object = object> =
  | NodePattern<C>
  | ValuePattern<C>
  | ChoicePattern<C>;

/** Never set: carries the type of the captures. */
declare const captured: unique symbol;

export interface NodePattern<C extends object = object> extends NodeConditions {
  readonly kind: 'node';
  readonly opTypes: readonly string[];
  readonly inputs: readonly Pattern[];
  readonly capture: string | undefined;
  readonly [captured]?: C;
}

export interface ValuePattern<C extends object = object> {
  readonly kind: 'value';
  readonly capture: string | undefined;
  readonly accepts: ((tensor: string, graph: GraphLookups) => boolean) | undefined;
  readonly [captured]?: C;
}

export interface ChoicePattern<C extends object = object> {
  readonly kind: 'choice';
  readonly patterns: readonly Pattern[];
  readonly [captured]?: C;
}

interface NodeConditions {
  /** Absent for the operators of ONNX itself. */
  readonly domain?: string;
  /** The inputs may come in any order. */
  readonly commutative?: boolean;
  /** Nobody else reads the node's output, and it is no output of the graph. */
  readonly singleUse?: boolean;
  /** Which output of the node is meant; 0 when left out. */
  readonly output?: number;
  readonly where?: (node: NodeProto, graph: GraphLookups) => boolean;
}

/** What the node is called among the captures, and conditions on it. */
export interface NodeOptions<A extends string> extends NodeConditions {
  readonly as?: A;
}

export type CapturesOf<P> = P extends Pattern<infer C> ? C : never;

type AllCaptures<P extends readonly Pattern[]> = P extends readonly [infer First, ...infer Rest]
  ? CapturesOf<First> & (Rest extends readonly Pattern[] ? AllCaptures<Rest> : object)
  : object;

/** A place in a graph that is as a pattern says. */
export interface Match<C extends object = object> {
  /** The node that the pattern itself stands for. */
  readonly root: NodeProto;
  /** All nodes that the pattern's nodes stand for, each once, the root first. */
  readonly nodes: readonly NodeProto[];
  /** Nodes as they are, tensors by name. */
  readonly captures: C;
}

/**
 * Makes patterns for `graph.findPattern`. One capture name in several places means one and the same
 * tensor or node.
 *
 * ```ts
 * const { node, value, scalar } = pattern;
 * const x = value('x');
 * const gelu = node('Mul', [
 *   node('Mul', [x, node('Add', [node('Erf', [node('Div', [x, scalar(Math.SQRT2)])]), scalar(1)],
 *     { commutative: true })], { commutative: true }),
 *   scalar(0.5),
 * ], { commutative: true });
 * for (const { root, captures } of graph.findPattern(gelu)) console.log(root.name, captures.x);
 * ```
 */
export const pattern = {
  /**
   * A tensor that a node writes.
   *
   * @param opType - the operator, or several of which any will do.
   * @param inputs - what the first inputs are; those past the list are not looked at.
   */
  node<const I extends readonly Pattern[] = [], const A extends string = never>(
    opType: string | readonly string[],
    inputs?: I,
    options: NodeOptions<A> = {},
  ): NodePattern<AllCaptures<I> & Record<A, NodeProto>> {
    const { as: capture, ...conditions } = options;
    const opTypes = typeof opType === 'string' ? [opType] : opType;
    return { kind: 'node', opTypes, inputs: inputs ?? [], capture, ...conditions };
  },

  /** Any tensor. */
  value<A extends string = never>(as?: A): ValuePattern<Record<A, string>> {
    return { kind: 'value', capture: as, accepts: undefined };
  },

  /** A tensor whose value is known without running the model: an initializer or a `Constant`. */
  constant<A extends string = never>(
    as?: A,
    where: (value: TensorProto) => boolean = () => true,
  ): ValuePattern<Record<A, string>> {
    const accepts = (tensor: string, graph: GraphLookups) => {
      const value = graph.constant(tensor);
      return value !== undefined && where(value);
    };
    return { kind: 'value', capture: as, accepts };
  },

  /**
   * A constant with one element, near a number: half-precision models have 1.4141 for the root of 2.
   * Constants in external files are not looked at.
   *
   * @param tolerance - relative; 0.001 when left out.
   */
  scalar(expected: number, tolerance = 1e-3): ValuePattern {
    return pattern.constant(undefined, (value) => {
      const actual = scalarValue(value);
      return actual !== undefined && Math.abs(actual - expected) <= tolerance * Math.abs(expected);
    });
  },

  /** An optional input that is left out. */
  absent(): ValuePattern {
    return { kind: 'value', capture: undefined, accepts: (tensor) => tensor === '' };
  },

  /** What any of several patterns says; the first that fits is taken. */
  oneOf<const P extends readonly Pattern[]>(...patterns: P): ChoicePattern<CapturesOf<P[number]>> {
    return { kind: 'choice', patterns };
  },
};

interface Found {
  readonly captures: Readonly<Record<string, NodeProto | string>>;
  readonly nodes: readonly NodeProto[];
}

/** Finds every place where nodes are wired as a pattern says, in the order of the nodes. */
export function findPattern<C extends object>(
  graph: GraphLookups,
  wanted: NodePattern<C>,
): Match<C>[] {
  const matches: Match<C>[] = [];
  for (const root of graph.nodes) {
    const [found] = matchNode(graph, wanted, root, { captures: {}, nodes: [] });
    if (!found) continue;
    const nodes = [...new Set(found.nodes)];
    matches.push({ root, nodes, captures: found.captures as C });
  }
  return matches;
}

/** Every way in which a tensor can be what a pattern says, given what was found before. */
function* match(
  graph: GraphLookups,
  wanted: Pattern,
  tensor: string,
  found: Found,
): Generator<Found> {
  if (wanted.kind === 'choice') {
    for (const choice of wanted.patterns) yield* match(graph, choice, tensor, found);
  } else if (wanted.kind === 'value') {
    const named = capture(found, wanted.capture, tensor);
    // A tensor without a name is an optional input that is left out.
    const accepts = wanted.accepts ?? ((name) => name !== '');
    if (named && accepts(tensor, graph)) yield named;
  } else {
    const node = graph.producer(tensor);
    if (node && node.output[wanted.output ?? 0] === tensor) {
      yield* matchNode(graph, wanted, node, found);
    }
  }
}

function* matchNode(
  graph: GraphLookups,
  wanted: NodePattern,
  node: NodeProto,
  found: Found,
): Generator<Found> {
  if (!isWanted(graph, wanted, node)) return;
  const named = capture(found, wanted.capture, node);
  if (!named) return;
  const start = { ...named, nodes: [...named.nodes, node] };
  const orders = wanted.commutative ? permutations(wanted.inputs) : [wanted.inputs];
  for (const order of orders) yield* matchInputs(graph, order, node, start);
}

function isWanted(graph: GraphLookups, wanted: NodePattern, node: NodeProto): boolean {
  const { opTypes, domain = '', singleUse, output = 0, where } = wanted;
  if (!opTypes.includes(node.opType) || node.domain !== domain) return false;
  const tensor = node.output[output] ?? '';
  if (singleUse && (graph.isOutput(tensor) || graph.consumers(tensor).length !== 1)) return false;
  return where?.(node, graph) ?? true;
}

function* matchInputs(
  graph: GraphLookups,
  [first, ...rest]: readonly Pattern[],
  node: NodeProto,
  found: Found,
  index = 0,
): Generator<Found> {
  if (!first) {
    yield found;
    return;
  }
  for (const next of match(graph, first, node.input[index] ?? '', found)) {
    yield* matchInputs(graph, rest, node, next, index + 1);
  }
}

/** Adds a capture; undefined where the name stands for something else already. */
function capture(
  found: Found,
  name: string | undefined,
  value: NodeProto | string,
): Found | undefined {
  if (name === undefined) return found;
  const before = found.captures[name];
  if (before !== undefined) return before === value ? found : undefined;
  return { ...found, captures: { ...found.captures, [name]: value } };
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}
