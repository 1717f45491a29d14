import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from 'onnx-buf';
import type { Graph } from '../graph/graph.js';
import { subgraphsOf } from '../graph/subgraphs.js';
import { copyMessage } from '../messages.js';
import type { Model } from '../model.js';
import { checkSignal, type PassResult, type Report, runPass } from './pass.js';
import { keyOf, removeUncalledFunctions } from './remove-dead-code.js';

/**
 * Puts the body of each function of the model in the place of the nodes that call it, in functions
 * and sub-graphs too. Functions written for another opset than the model's are left.
 */
export async function inlineFunctions(
  model: Model,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<PassResult> {
  checkSignal(options);
  return runPass('inlineFunctions', model, inlineFunctionsIn);
}

export function inlineFunctionsIn(model: Model, report: Report): void {
  const functions = new Map(
    model.proto.functions.flatMap((item) =>
      fitsOpsets(model, item) ? [[keyOf(item.domain, item), item]] : [],
    ),
  );
  if (functions.size === 0) return;
  const inliner = new Inliner(functions, report);
  // A body may bring sub-graphs, which are visited after it.
  const graphs = [model.graph];
  for (const graph of graphs) {
    inliner.inlineIn(graph);
    graphs.push(...graph.subgraphs());
  }
  removeUncalledFunctions(model, () => {});
}

/** Adds what a function imports to what the model imports; false where they contradict each other. */
function fitsOpsets({ proto }: Model, { opsetImport }: FunctionProto): boolean {
  const versionOf = (domain: string) =>
    proto.opsetImport.find((known) => known.domain === domain)?.version;
  const fits = opsetImport.every(
    ({ domain, version }) => (versionOf(domain) ?? version) === version,
  );
  if (!fits) return false;
  for (const item of opsetImport) {
    if (versionOf(item.domain) === undefined) proto.opsetImport.push(copyMessage(item));
  }
  return true;
}

class Inliner {
  readonly #functions: ReadonlyMap<string, FunctionProto>;
  readonly #report: Report;

  constructor(functions: ReadonlyMap<string, FunctionProto>, report: Report) {
    this.#functions = functions;
    this.#report = report;
  }

  inlineIn(graph: Graph): void {
    if (!graph.nodes.some((node) => this.#called(node))) return;
    graph.proto.node = graph.nodes.flatMap((node) => this.#expand(graph, node));
    graph.changed();
  }

  #called({ domain, opType, overload }: NodeProto): FunctionProto | undefined {
    return this.#functions.get(keyOf(domain, { name: opType, overload }));
  }

  #expand(graph: Graph, node: NodeProto): NodeProto[] {
    const called = this.#called(node);
    if (!called) return [node];
    this.#report(node, `put the body of ${called.domain}.${called.name} in its place`);
    const body = new Body(graph, node, called);
    return body.nodes().flatMap((inner) => this.#expand(graph, inner));
  }
}

/** The body of a function as it is for one call. */
class Body {
  readonly #graph: Graph;
  readonly #call: NodeProto;
  readonly #function: FunctionProto;
  readonly #prefix: string;

  constructor(graph: Graph, call: NodeProto, called: FunctionProto) {
    this.#graph = graph;
    this.#call = call;
    this.#function = called;
    this.#prefix = call.name || called.name;
  }

  nodes(): NodeProto[] {
    const { input, output, node } = this.#function;
    const names = new Map<string, string>([['', '']]);
    for (const [index, name] of input.entries()) names.set(name, this.#call.input[index] ?? '');
    for (const [index, name] of output.entries()) {
      const given = this.#call.output[index];
      if (given) names.set(name, given);
    }
    return this.#copyNodes(node, names);
  }

  #copyNodes(nodes: readonly NodeProto[], names: Map<string, string>): NodeProto[] {
    return nodes.map((original) => {
      const node = copyMessage(original);
      if (node.name) node.name = this.#newName(node.name);
      node.attribute = node.attribute.flatMap((attribute) => this.#attribute(attribute));
      node.input = node.input.map((name) => names.get(name) ?? name);
      for (const graph of subgraphsOf(node)) this.#renameIn(graph, names);
      node.output = node.output.map((name) => this.#defined(name, names));
      return node;
    });
  }

  /** An attribute that refers to one of the call gets its value; it is left out where there is none. */
  #attribute(attribute: AttributeProto): AttributeProto[] {
    const { refAttrName, name } = attribute;
    if (refAttrName === '') return [attribute];
    const isMeant = (candidate: AttributeProto) => candidate.name === refAttrName;
    const given = this.#call.attribute.find(isMeant) ?? this.#function.attributeProto.find(isMeant);
    return given ? [Object.assign(copyMessage(given), { name })] : [];
  }

  /** Sub-graphs see the names around them, and their own names must be as new. */
  #renameIn(graph: GraphProto, around: ReadonlyMap<string, string>): void {
    const names = new Map(around);
    for (const input of graph.input) input.name = this.#defined(input.name, names);
    for (const tensor of graph.initializer) tensor.name = this.#defined(tensor.name, names);
    for (const { values } of graph.sparseInitializer) {
      if (values) values.name = this.#defined(values.name, names);
    }
    graph.node = this.#copyNodes(graph.node, names);
    for (const value of [...graph.output, ...graph.valueInfo]) {
      value.name = names.get(value.name) ?? value.name;
    }
  }

  #defined(name: string, names: Map<string, string>): string {
    const known = names.get(name);
    if (known !== undefined) return known;
    const made = this.#newName(name);
    names.set(name, made);
    return made;
  }

  #newName(name: string): string {
    return this.#graph.uniqueName(`${this.#prefix}/${name}`);
  }
}
