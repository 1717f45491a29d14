import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TypeProto,
} from 'onnx-buf';
import { TensorRTError } from '../../errors.js';
import { subgraphsOf } from '../graph/subgraphs.js';
import { shallowCopy } from '../messages.js';
import { type Constants, constantOf } from './constant-facts.js';
import { anonymousSymbol, type Expression, type Size } from './expression.js';
import { type Fact, unknown } from './fact.js';
import { NodeView } from './node-view.js';
import { rules } from './rules/registry.js';
import { factFromType, reconcile, type ShapeConflict } from './stated.js';

/** What is wrong with a node, or with what was given for an input. */
export interface ShapeProblem {
  /** The node's name, or its first output where it has no name; the input's name for an input. */
  readonly node: string;
  readonly opType: string | undefined;
  readonly message: string;
}

/** What a node may refer to by name. */
interface Scope {
  readonly facts: Map<string, Fact>;
  readonly outer: Scope | undefined;
  /** The opsets by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /** In the body of a function: the attributes of the call. */
  readonly attributes: ReadonlyMap<string, AttributeProto> | undefined;
}

/** Functions that call each other have no end; ONNX forbids them. */
const maxCallDepth = 64;

/** The walk over a model: each node after those it reads from. */
export class Inference {
  readonly graphs = new Map<GraphProto, ReadonlyMap<string, Fact>>();
  readonly parents = new Map<GraphProto, GraphProto>();
  readonly conflicts = new Map<string, ShapeConflict>();
  readonly problems = new Map<string, ShapeProblem>();
  /** The names of the inputs' dimensions. */
  readonly #inputNames = new Set<string>();
  readonly #functions: ReadonlyMap<string, FunctionProto>;
  readonly #opsets: ReadonlyMap<string, number>;
  readonly #constants: Constants;
  readonly #sizes: ReadonlyMap<string, Size>;
  readonly #signal: AbortSignal | undefined;
  #symbols = 0;
  #callDepth = 0;

  /** @param sizes - sizes of dimensions that the model only names. */
  constructor(
    model: ModelProto,
    constants: Constants,
    sizes: ReadonlyMap<string, Size>,
    signal?: AbortSignal,
  ) {
    this.#functions = new Map(
      model.functions.map((item) => [functionKey(item.domain, item.name, item.overload), item]),
    );
    this.#opsets = opsetsOf(model);
    this.#constants = constants;
    this.#sizes = sizes;
    this.#signal = signal;
  }

  /** @param inputs - what is known about the inputs beyond what the graph says. */
  inferMain(graph: GraphProto, inputs: ReadonlyMap<string, Fact>): void {
    const scope = this.#scope(undefined, this.#opsets, undefined);
    const stated = graph.input.map(({ type }) => this.#stated(type, 1));
    for (const { dims } of [...stated, ...inputs.values()]) {
      for (const name of dims?.flatMap(namesOf) ?? []) this.#inputNames.add(name);
    }
    this.#inferGraph(graph, scope, (name) => inputs.get(name));
  }

  /** A size that nobody named. */
  fresh(min: 0 | 1 = 0): Size {
    return anonymousSymbol(this.#symbols++, min);
  }

  #scope(
    outer: Scope | undefined,
    opsets: ReadonlyMap<string, number>,
    attributes: ReadonlyMap<string, AttributeProto> | undefined,
  ): Scope {
    return { facts: new Map(), outer, opsets, attributes };
  }

  #inferGraph(
    graph: GraphProto,
    scope: Scope,
    inputFact: (name: string, index: number) => Fact | undefined,
  ): Fact[] {
    // The graphs of a function's body have other facts at each call.
    if (this.#callDepth === 0) this.graphs.set(graph, scope.facts);
    const stated = new Map(
      [...graph.valueInfo, ...graph.output].flatMap(({ name, type }) =>
        type?.value.case ? [[name, type] as const] : [],
      ),
    );
    for (const tensor of graph.initializer) {
      scope.facts.set(tensor.name, constantOf(tensor, this.#constants));
    }
    for (const { values, dims } of graph.sparseInitializer) {
      if (values) scope.facts.set(values.name, { type: values.dataType, dims: dims.map(Number) });
    }
    graph.input.forEach(({ name, type }, index) => {
      const given = inputFact(name, index);
      const own = this.#stated(type, 1);
      if (given) scope.facts.set(name, this.#reconcile(name, given, own));
      else if (!scope.facts.has(name)) scope.facts.set(name, own);
    });
    for (const node of graph.node) {
      this.#signal?.throwIfAborted();
      for (const inner of subgraphsOf(node)) this.parents.set(inner, graph);
      const outputs = this.#inferNode(node, scope);
      node.output.forEach((name, index) => {
        if (name === '') return;
        const type = stated.get(name);
        const inferred = outputs[index] ?? unknown;
        scope.facts.set(
          name,
          type ? this.#reconcile(name, inferred, this.#stated(type, 0)) : inferred,
        );
      });
    }
    return graph.output.map(({ name }) => lookUp(scope, name));
  }

  #stated(type: TypeProto | undefined, min: 0 | 1): Fact {
    return factFromType(type, () => this.fresh(min), this.#sizes);
  }

  #reconcile(name: string, inferred: Fact, stated: Fact): Fact {
    const fromInputs = ({ names }: Expression) => names.every((at) => this.#inputNames.has(at));
    return reconcile(inferred, stated, fromInputs, (conflict) => {
      this.conflicts.set(name, { tensor: name, ...conflict });
    });
  }

  #inferNode(original: NodeProto, scope: Scope): readonly (Fact | undefined)[] {
    const node = scope.attributes ? withAttributes(original, scope.attributes) : original;
    const inputs = node.input.map((name) => (name === '' ? undefined : lookUp(scope, name)));
    const called = this.#functions.get(functionKey(node.domain, node.opType, node.overload));
    if (called) return this.#inferCall(node, called, inputs);
    const domain = node.domain === 'ai.onnx' ? '' : node.domain;
    const rule = rules.get(`${domain}:${node.opType}`);
    if (!rule) {
      for (const graph of subgraphsOf(node)) this.#inferSubgraph(graph, scope, []);
      return [];
    }
    const view = new NodeView(node, scope.opsets.get(domain) ?? 1, inputs, {
      fresh: () => this.fresh(),
      problem: (at, message) => this.#problem(at, message),
      constant: (tensor) => constantOf(tensor, this.#constants),
      inferGraph: (graph, facts) => this.#inferSubgraph(graph, scope, facts),
    });
    try {
      return rule(view).map((output) => output && this.#sound(node, output));
    } catch (error) {
      // An attribute of the wrong type, which its getter refuses.
      if (!(error instanceof TensorRTError)) throw error;
      this.#problem(node, error.message);
      return [];
    }
  }

  /** Refuses sizes that no tensor has, which follow from inputs that do not fit. */
  #sound(node: NodeProto, output: Fact): Fact {
    const wrong = output.dims?.find(
      (dim) => typeof dim === 'number' && !(dim >= 0 && dim % 1 === 0),
    );
    if (wrong === undefined) return output;
    this.#problem(node, `an output would have a size of ${wrong}`);
    return { type: output.type, dims: undefined };
  }

  #inferSubgraph(graph: GraphProto, outer: Scope, inputs: readonly Fact[]): Fact[] {
    const scope = this.#scope(outer, outer.opsets, outer.attributes);
    return this.#inferGraph(graph, scope, (_, index) => inputs[index]);
  }

  /** Infers the body of a function of the model for one call. */
  #inferCall(
    node: NodeProto,
    called: FunctionProto,
    inputs: readonly (Fact | undefined)[],
  ): readonly (Fact | undefined)[] {
    if (this.#callDepth >= maxCallDepth) {
      this.#problem(node, 'functions call each other without an end');
      return [];
    }
    const attributes = new Map(
      [...called.attributeProto, ...node.attribute].map((item) => [item.name, item] as const),
    );
    const scope = this.#scope(undefined, opsetsOf(called), attributes);
    called.input.forEach((name, index) => {
      const given = inputs[index];
      if (given) scope.facts.set(name, given);
    });
    this.#callDepth++;
    try {
      for (const inner of called.node) {
        const outputs = this.#inferNode(inner, scope);
        inner.output.forEach((name, index) => {
          if (name !== '') scope.facts.set(name, outputs[index] ?? unknown);
        });
      }
    } finally {
      this.#callDepth--;
    }
    return called.output.map((name) => lookUp(scope, name));
  }

  #problem(node: NodeProto, message: string): void {
    const name = node.name || node.output[0] || '';
    // A loop's body is seen more than once.
    this.problems.set(`${name}\n${message}`, { node: name, opType: node.opType, message });
  }
}

function namesOf(size: Size): readonly string[] {
  return typeof size === 'number' ? [] : size.names;
}

function lookUp(scope: Scope, name: string): Fact {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const found = at.facts.get(name);
    if (found) return found;
  }
  return unknown;
}

function opsetsOf({ opsetImport }: ModelProto | FunctionProto): ReadonlyMap<string, number> {
  return new Map(
    opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]),
  );
}

function functionKey(domain: string, name: string, overload: string): string {
  return `${domain === 'ai.onnx' ? '' : domain}\n${name}\n${overload}`;
}

/** A node of a function's body with the attributes of the call in place of the references to them. */
function withAttributes(
  node: NodeProto,
  attributes: ReadonlyMap<string, AttributeProto>,
): NodeProto {
  if (!node.attribute.some(({ refAttrName }) => refAttrName !== '')) return node;
  const copy = shallowCopy(node);
  copy.attribute = node.attribute.flatMap((attribute) => {
    if (attribute.refAttrName === '') return [attribute];
    const given = attributes.get(attribute.refAttrName);
    return given ? [Object.assign(shallowCopy(given), { name: attribute.name })] : [];
  });
  return copy;
}
