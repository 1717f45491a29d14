/// <reference lib="dom" />
import type { Picture, PictureKind, PictureNode } from '../picture.js';

/** A node of the graph, or a module that can be opened to show what is in it. */
export interface Box {
  readonly id: number;
  readonly label: string;
  readonly parent: Box | undefined;
  /** Of a node; undefined for a module. */
  readonly node: PictureNode | undefined;
  readonly children: Box[];
  readonly links: Link[];
  /** How many neighbours are like this module, itself among them. */
  readonly alike: number;
  readonly layer: boolean;
  /** Nodes in it by what they compute with. */
  readonly kinds: Map<PictureKind, number>;
  readonly operators: Map<string, number>;
  nodes: number;
  open: boolean;
}

/** What flows within a module: from a child, or from outside, to a child, or to outside. */
export interface Link {
  readonly tensor: number;
  readonly from: Box | undefined;
  readonly to: Box | undefined;
}

/** The boxes of a picture, with what flows between them at each depth. */
export class Boxes {
  readonly root: Box;
  readonly all: Box[] = [];
  readonly #picture: Picture;
  readonly #producers = new Map<number, Box>();
  readonly #consumers = new Map<number, Box[]>();

  constructor(picture: Picture) {
    this.#picture = picture;
    const scopes: Box[] = [];
    for (const { name, parent, ...likeness } of picture.scopes) {
      scopes.push(this.#add(name, scopes[parent], undefined, likeness));
    }
    this.root = scopes[0] as Box;
    this.root.open = true;
    for (const node of picture.nodes) {
      const box = this.#add(node.op, scopes[node.scope], node, { alike: 1, layer: false });
      for (const tensor of node.outputs) this.#producers.set(tensor, box);
      for (const tensor of tensorsRead(node)) {
        const list = this.#consumers.get(tensor);
        if (list) list.push(box);
        else this.#consumers.set(tensor, [box]);
      }
      for (let scope = box.parent; scope; scope = scope.parent) {
        scope.nodes++;
        scope.kinds.set(node.kind, (scope.kinds.get(node.kind) ?? 0) + 1);
        scope.operators.set(node.op, (scope.operators.get(node.op) ?? 0) + 1);
      }
    }
    this.#link();
  }

  producer(tensor: number): Box | undefined {
    return this.#producers.get(tensor);
  }

  consumers(tensor: number): readonly Box[] {
    return this.#consumers.get(tensor) ?? [];
  }

  #add(
    label: string,
    parent: Box | undefined,
    node: PictureNode | undefined,
    likeness: Pick<Box, 'alike' | 'layer'>,
  ): Box {
    const box: Box = {
      id: this.all.length,
      label,
      parent,
      node,
      children: [],
      links: [],
      ...likeness,
      kinds: new Map(),
      operators: new Map(),
      nodes: 0,
      open: false,
    };
    parent?.children.push(box);
    this.all.push(box);
    return box;
  }

  #link(): void {
    const outputs = new Set(this.#picture.outputs);
    for (const [tensor, producer] of this.#producers) {
      for (const consumer of this.consumers(tensor)) linkBetween(tensor, producer, consumer);
      if (outputs.has(tensor)) linkBetween(tensor, producer, undefined);
    }
    for (const tensor of this.#picture.inputs) {
      for (const consumer of this.consumers(tensor)) linkBetween(tensor, undefined, consumer);
    }
  }
}

/** The tensors that a node reads and that are computed or fed, each once. */
export function tensorsRead(node: PictureNode): Set<number> {
  const inputs = node.inputs.filter((input) => typeof input === 'number');
  return new Set([...inputs, ...node.captured]);
}

/** From the box up to the whole graph. */
export function ancestors(box: Box | undefined): Box[] {
  const list: Box[] = [];
  for (let at = box?.parent; at; at = at.parent) list.push(at);
  return list;
}

/** Adds a link to each module on the way: into those of the consumer, out of those of the producer. */
function linkBetween(tensor: number, producer: Box | undefined, consumer: Box | undefined): void {
  const around = new Set(ancestors(consumer));
  let from = producer;
  while (from?.parent && consumer && !around.has(from.parent)) {
    from.parent.links.push({ tensor, from, to: undefined });
    from = from.parent;
  }
  if (!consumer) {
    for (; from?.parent; from = from.parent) {
      from.parent.links.push({ tensor, from, to: undefined });
    }
    return;
  }
  let to: Box = consumer;
  while (to.parent && to.parent !== from?.parent) {
    to.parent.links.push({ tensor, from: undefined, to });
    to = to.parent;
  }
  to.parent?.links.push({ tensor, from, to });
}
