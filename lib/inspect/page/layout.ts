/// <reference lib="dom" />
import type { Picture } from '../picture.js';
import type { Box, Boxes } from './boxes.js';

declare const dagre: typeof import('@dagrejs/dagre');

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A place where tensors enter or leave a module: at its upper or lower edge. */
export interface Port extends Point {
  readonly text: string;
  readonly side: 'in' | 'out';
  readonly width: number;
  readonly tensors: readonly number[];
}

export interface DrawnEdge {
  readonly points: readonly Point[];
  readonly tensors: readonly number[];
  readonly label: string;
  readonly labelAt: Point | undefined;
}

export interface Placed {
  readonly box: Box;
  /** Of the upper left corner, within the module it lies in. */
  readonly x: number;
  readonly y: number;
}

/** Where everything in an open module lies, or how large a closed one or a node is. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly children: readonly Placed[];
  readonly ports: readonly Port[];
  readonly edges: readonly DrawnEdge[];
}

export const headerHeight = 26;
export const portHeight = 18;
const margin = 14;
const nodeHeight = 34;
const lineHeight = 14;
const closedHeight = 50;

/** Lays modules out, each by itself, when it is opened; what did not change is kept. */
export class Layouts {
  readonly #picture: Picture;
  readonly #boxes: Boxes;
  readonly #kept = new Map<Box, Layout>();
  readonly #measure: (text: string, size: number) => number;

  constructor(picture: Picture, boxes: Boxes, measure: (text: string, size: number) => number) {
    this.#picture = picture;
    this.#boxes = boxes;
    this.#measure = measure;
  }

  /** Forgets a module that was opened or closed, and those around it, whose size it changes. */
  changed(box: Box): void {
    for (let at: Box | undefined = box; at; at = at.parent) this.#kept.delete(at);
  }

  of(box: Box): Layout {
    let layout = this.#kept.get(box);
    if (!layout) {
      layout = box.open ? this.#inside(box) : this.#closed(box);
      this.#kept.set(box, layout);
    }
    return layout;
  }

  #closed(box: Box): Layout {
    const none = { children: [], ports: [], edges: [] };
    if (!box.node) {
      const note = Math.max(this.#measure(box.label, 13) + 40, this.#measure(noteOf(box), 11));
      return { width: Math.max(130, note + 28), height: closedHeight, ...none };
    }
    const lines = linesOf(box);
    const texts = [this.#measure(box.label, 13), ...lines.map((text) => this.#measure(text, 10))];
    const height = nodeHeight + lines.length * lineHeight;
    return { width: Math.max(70, ...texts) + 26, height, ...none };
  }

  #inside(box: Box): Layout {
    const graph = new dagre.graphlib.Graph({ multigraph: true });
    const large = box.children.length > 60;
    graph.setGraph({
      rankdir: 'TB',
      nodesep: 22,
      edgesep: 12,
      ranksep: 22,
      marginx: margin,
      marginy: margin,
      ranker: large ? 'longest-path' : 'network-simplex',
    });
    for (const child of box.children) {
      const { width, height } = this.of(child);
      graph.setNode(`${child.id}`, { width, height });
    }
    const flows = mergeLinks(box);
    this.#addPorts(box, graph, flows);
    flows.forEach((flow, index) => {
      const label = this.#label(flow.tensors);
      const size = { width: this.#measure(label, 10) + 6, height: 12 };
      graph.setEdge(flow.from, flow.to, { ...size, labelpos: 'c', flow, label }, `${index}`);
    });
    dagre.layout(graph);
    return this.#read(box, graph, flows);
  }

  /** Ports stand in one row: a hidden node above or below all holds them there. */
  #addPorts(box: Box, graph: LaidGraph, flows: readonly Flow[]): void {
    const widthOf = (tensors: readonly number[], side: Port['side']) =>
      this.#measure(this.#portText(tensors, side, box), 10) + 16;
    for (const { from, to, tensors } of flows) {
      if (from.startsWith('in')) {
        graph.setNode('top', { width: 0, height: 0 });
        graph.setNode(from, { width: widthOf(tensors, 'in'), height: portHeight });
        graph.setEdge('top', from, { weight: 100, minlen: 1, width: 0, height: 0 });
      }
      if (to.startsWith('out')) {
        graph.setNode('bottom', { width: 0, height: 0 });
        graph.setNode(to, { width: widthOf(tensors, 'out'), height: portHeight });
        graph.setEdge(to, 'bottom', { weight: 100, minlen: 1, width: 0, height: 0 });
      }
    }
  }

  #read(box: Box, graph: LaidGraph, flows: readonly Flow[]): Layout {
    const lift = headerHeight;
    const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
    const bottom = height + lift;
    const children = box.children.map((child) => {
      const { x, y, width: w, height: h } = graph.node(`${child.id}`) as Required<Sized>;
      return { box: child, x: x - w / 2, y: y - h / 2 + lift };
    });
    const ports = new Map<string, Port>();
    for (const { from, to, tensors } of flows) {
      for (const name of [from, to]) {
        const side = name.startsWith('in') ? 'in' : name.startsWith('out') ? 'out' : undefined;
        if (!side || ports.has(name)) continue;
        const { x, y, width: w } = graph.node(name) as Required<Sized>;
        ports.set(name, {
          x,
          y: y + lift,
          side,
          width: w,
          tensors,
          text: this.#portText(tensors, side, box),
        });
      }
    }
    const placed = new Map(children.map((child) => [`${child.box.id}`, child]));
    const edges = graph
      .edges()
      .flatMap(({ v, w, name }: { v: string; w: string; name?: string }) => {
        if (v === 'top' || w === 'bottom') return [];
        const edge = graph.edge({ v, w, name }) as unknown as LaidEdge;
        const points = edge.points.map((point) => ({ x: point.x, y: point.y + lift }));
        const start = ports.get(v) ?? this.#portOf(placed.get(v), 'out', edge.flow.tensors);
        const end = ports.get(w) ?? this.#portOf(placed.get(w), 'in', edge.flow.tensors);
        if (start) points[0] = { x: start.x, y: start.y };
        if (end) points[points.length - 1] = { x: end.x, y: end.y };
        const labelAt = edge.label ? { x: edge.x, y: edge.y + lift } : undefined;
        return [{ points, tensors: edge.flow.tensors, label: edge.label, labelAt }];
      });
    return {
      width: Math.max(width, this.#measure(box.label, 13) + 90),
      height: bottom,
      children,
      ports: [...ports.values()],
      edges,
    };
  }

  /** Where a tensor enters or leaves an open module, within the module around it. */
  #portOf(placed: Placed | undefined, side: Port['side'], tensors: readonly number[]) {
    if (!placed?.box.open) return undefined;
    const port = this.of(placed.box).ports.find(
      (candidate) => candidate.side === side && candidate.tensors.some((t) => tensors.includes(t)),
    );
    return port && { x: placed.x + port.x, y: placed.y + port.y };
  }

  #label(tensors: readonly number[]): string {
    if (tensors.length > 1) return `${tensors.length} tensors`;
    return this.#picture.tensors[tensors[0] as number]?.dims ?? '';
  }

  /** Where the tensors of a port come from or go to; at the border of the graph, their name. */
  #portText(tensors: readonly number[], side: Port['side'], box: Box): string {
    if (tensors.length > 1) return `${tensors.length} tensors`;
    const [tensor] = tensors as [number];
    const name = this.#picture.tensors[tensor]?.name ?? '';
    const other = side === 'in' ? this.#boxes.producer(tensor) : this.#boxes.consumers(tensor)[0];
    if (!box.parent || !other) return shorten(name);
    const more = side === 'out' && this.#boxes.consumers(tensor).length > 1 ? ' …' : '';
    const place = other.parent?.parent ? `${other.parent.label}/` : '';
    return `${side === 'in' ? 'from' : 'to'} ${shorten(place + other.label)}${more}`;
  }
}

type LaidGraph = InstanceType<typeof dagre.graphlib.Graph>;

interface Sized extends Point {
  readonly width: number;
  readonly height: number;
}

interface LaidEdge extends Point {
  readonly points: readonly Point[];
  readonly flow: Flow;
  readonly label: string;
}

/** Tensors that take the same way, by the names that the ends have in the layout. */
interface Flow {
  readonly from: string;
  readonly to: string;
  readonly tensors: number[];
}

/**
 * Tensors from one box to another are one edge. Those that enter and go to the same boxes share a
 * port, as do those that leave the same box. Inputs and outputs of the graph keep one each.
 */
function mergeLinks({ links, parent }: Box): Flow[] {
  const readers = new Map<number, Set<number>>();
  for (const { tensor, from, to } of links) {
    if (from || !to) continue;
    readers.set(tensor, (readers.get(tensor) ?? new Set()).add(to.id));
  }
  const flows = new Map<string, Flow>();
  for (const { tensor, from, to } of links) {
    const entry = parent ? [...(readers.get(tensor) ?? [])].sort().join(' ') : `${tensor}`;
    const start = from ? `${from.id}` : `in ${entry}`;
    const end = to ? `${to.id}` : `out ${parent ? start : tensor}`;
    const flow = flows.get(`${start}>${end}`);
    if (!flow) flows.set(`${start}>${end}`, { from: start, to: end, tensors: [tensor] });
    else if (!flow.tensors.includes(tensor)) flow.tensors.push(tensor);
  }
  return [...flows.values()];
}

/** The second line of a closed module: what is in it. */
export function noteOf({ nodes, operators, alike }: Box): string {
  const frequent = [...operators].sort((a, b) => b[1] - a[1]).slice(0, 2);
  const most = frequent.map(([op, count]) => `${count} ${op}`).join(', ');
  const same = alike > 1 ? `${alike} alike · ` : '';
  return `${same}${nodes} ${nodes === 1 ? 'node' : 'nodes'} · ${most}`;
}

/**
 * What stands below the operator: the module that the node stands for, and the stored tensors that
 * say something, matrices and kernels, not scalars.
 */
export function linesOf({ node }: Box): string[] {
  const stored = (node?.inputs ?? []).filter(
    (input) => typeof input === 'object' && input !== null,
  );
  const arrays = stored.filter(({ value, dims }) => value === '' && dims !== '[]');
  const integers = stored.filter(({ value }) => value !== '').map(({ value }) => value);
  const lines = [node?.stands ?? '', ...arrays.map(({ type, dims }) => `${type} ${dims}`)];
  // The zero points of a quantized graph are all the same.
  if (integers.length > 0 && node?.kind !== 'int8') lines.push(`= ${integers.join(' | ')}`);
  return lines.filter(Boolean).slice(0, 4).map(shorten);
}

function shorten(text: string): string {
  return text.length > 28 ? `…${text.slice(-27)}` : text;
}
