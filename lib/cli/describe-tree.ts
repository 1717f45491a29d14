import type { GraphProto, NodeProto } from 'onnx-buf';
import { alike, type Scope, scopeTree } from '../inspect/scope-tree.js';
import { typeName } from '../inspect/values.js';
import type { Model } from '../onnx/model.js';
import type { InferredShapes } from '../onnx/shapes/inferred-shapes.js';
import { styled } from './terminal.js';
import { counted, shape } from './text.js';

/** The nodes of a model by the hierarchy in their names; modules that are alike are listed once. */
export function describeTree(model: Model, shapes: InferredShapes, all = false): string[] {
  return new TreeText(shapes, all).graph(model.graph.proto, '');
}

class TreeText {
  readonly #shapes: InferredShapes;
  readonly #all: boolean;

  constructor(shapes: InferredShapes, all: boolean) {
    this.#shapes = shapes;
    this.#all = all;
  }

  graph(graph: GraphProto, margin: string): string[] {
    const root = scopeTree(graph);
    const title = `${margin}${styled('bold', graph.name || '(graph)')} ${dim(counted(root.nodes, 'node'))}`;
    return [title, ...this.#entries(root, graph, margin)];
  }

  #entries({ entries }: Scope, graph: GraphProto, margin: string): string[] {
    const runs = this.#all ? entries.map((e) => ('entries' in e ? [e] : e)) : alike(entries);
    return runs.flatMap((run, index) => {
      const last = index === runs.length - 1;
      const branch = `${margin}${last ? '└─ ' : '├─ '}`;
      const inner = `${margin}${last ? '   ' : '│  '}`;
      return Array.isArray(run)
        ? this.#alike(run, graph, { branch, inner })
        : this.#node(run, graph, { branch, inner });
    });
  }

  #alike(run: Scope[], graph: GraphProto, { branch, inner }: Margins): string[] {
    const [first, second] = run as [Scope, ...Scope[]];
    const others = run.length > 2 ? `${second?.name} … ${run.at(-1)?.name}` : second?.name;
    const also = second ? dim(`, and so ${run.length > 2 ? 'are' : 'is'} ${others}`) : '';
    const title = `${branch}${styled('bold', first.name)} ${dim(counted(first.nodes, 'node'))}${also}`;
    return [title, ...this.#entries(first, graph, inner)];
  }

  #node(node: NodeProto, graph: GraphProto, { branch, inner }: Margins): string[] {
    const outputs = node.output.filter(Boolean).map((name) => this.#tensor(name, graph));
    const name = node.name.split('/').at(-1) ?? '';
    const label = name.startsWith(node.opType) || name === '' ? '' : dim(` ${name}`);
    const line = `${branch}${styled('cyan', node.opType)}${label} → ${outputs.join(', ')}`;
    const subgraphs = node.attribute.flatMap(({ name: attribute, g, graphs }) =>
      [...(g ? [g] : []), ...graphs].flatMap((body) => [
        `${inner}${dim(`${attribute}:`)}`,
        ...this.graph(body, inner),
      ]),
    );
    return [line, ...subgraphs];
  }

  #tensor(name: string, graph: GraphProto): string {
    const { elementType, dims } = this.#shapes.tensor(name, graph);
    if (elementType === undefined && !dims) return dim('?');
    const type = elementType === undefined ? '' : dim(`${typeName(elementType)} `);
    return `${type}${shape(dims)}`;
  }
}

interface Margins {
  readonly branch: string;
  readonly inner: string;
}

function dim(text: string): string {
  return styled('dim', text);
}
