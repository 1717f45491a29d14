/// <reference lib="dom" />
import { type Attributes, svg } from '../../page/elements.js';
import type { Picture, PictureKind } from '../picture.js';
import type { Box } from './boxes.js';
import {
  type DrawnEdge,
  headerHeight,
  type Layouts,
  linesOf,
  noteOf,
  type Point,
  type Port,
  portHeight,
} from './layout.js';

/** What the colours mean, in the order of the legend. */
export const kindNames: Readonly<Record<PictureKind, string>> = {
  int8: 'quantized (INT8, FP8, INT4)',
  weights: 'quantized weights only',
  fp16: 'FP16 or BF16',
  fp32: 'FP32',
  integer: 'integers: shapes, indices, masks',
  unknown: 'type not known',
};

function text(content: string, attributes: Attributes): SVGElement {
  return svg('text', attributes, [document.createTextNode(content)]);
}

/** Draws what is visible: the open modules with what is in them, closed ones as one box. */
export class Drawing {
  readonly #picture: Picture;
  readonly #layouts: Layouts;
  /** The element of each visible box, and where it is. */
  readonly shown = new Map<Box, { element: SVGElement; at: Point; depth: number }>();

  constructor(picture: Picture, layouts: Layouts) {
    this.#picture = picture;
    this.#layouts = layouts;
  }

  /** The whole graph; what was drawn before is no longer true. */
  draw(root: Box): SVGElement {
    this.shown.clear();
    return this.#box(root, { x: 0, y: 0 }, { x: 0, y: 0 }, 0);
  }

  #box(box: Box, at: Point, absolute: Point, depth: number): SVGElement {
    const { width, height } = this.#layouts.of(box);
    const kind = box.node?.kind ?? 'module';
    const element = svg('g', {
      transform: `translate(${at.x} ${at.y})`,
      class: `box ${kind}${box.open ? ' open' : ''}${box.parent ? '' : ' root'}`,
      role: 'button',
      tabindex: -1,
      'data-box': box.id,
      'aria-label': this.#spoken(box),
      ...(box.node ? {} : { 'aria-expanded': `${box.open}` }),
    });
    this.shown.set(box, { element, at: absolute, depth });
    if (box.alike > 1 && !box.open) {
      element.append(svg('rect', { class: 'behind', x: 4, y: -4, width, height, rx: 7 }));
    }
    element.append(svg('rect', { class: 'frame', width, height, rx: box.node ? 6 : 7 }));
    if (box.node) this.#node(element, box);
    else if (box.open) this.#inside(element, box, absolute, depth);
    else this.#closed(element, box, width);
    return element;
  }

  #node(element: SVGElement, box: Box): void {
    element.append(
      svg('rect', {
        class: 'stripe',
        x: 0,
        y: 0,
        width: 5,
        height: this.#layouts.of(box).height,
        rx: 2.5,
      }),
    );
    element.append(text(box.label, { class: 'title', x: 14, y: 22 }));
    linesOf(box).forEach((line, index) => {
      element.append(text(line, { class: 'weight', x: 14, y: 36 + index * 14 }));
    });
  }

  #closed(element: SVGElement, box: Box, width: number): void {
    element.append(text('+', { class: 'sign', x: width - 18, y: 20 }));
    element.append(text(box.label, { class: 'title', x: 12, y: 20 }));
    element.append(text(noteOf(box), { class: 'note', x: 12, y: 36 }));
    let x = 0;
    for (const kind of Object.keys(kindNames) as PictureKind[]) {
      const share = ((box.kinds.get(kind) ?? 0) / Math.max(1, box.nodes)) * (width - 24);
      if (share === 0) continue;
      element.append(
        svg('rect', { class: `bar ${kind}`, x: 12 + x, y: 42, width: share, height: 4 }),
      );
      x += share;
    }
  }

  #inside(element: SVGElement, box: Box, absolute: Point, depth: number): void {
    const { width, edges, ports, children } = this.#layouts.of(box);
    element.append(svg('rect', { class: 'header', width, height: headerHeight, rx: 7 }));
    if (box.parent) element.append(text('−', { class: 'sign', x: width - 18, y: 18 }));
    element.append(text(box.label, { class: 'title', x: 12, y: 18 }));
    for (const edge of edges) element.append(this.#edge(edge));
    for (const port of ports) element.append(this.#port(port));
    for (const { box: child, x, y } of children) {
      const place = { x: absolute.x + x, y: absolute.y + y };
      element.append(this.#box(child, { x, y }, place, depth + 1));
    }
    for (const { label, labelAt } of edges) {
      if (labelAt) element.append(text(label, { class: 'label', x: labelAt.x, y: labelAt.y + 3 }));
    }
  }

  #edge({ points, tensors }: DrawnEdge): SVGElement {
    const type = this.#picture.tensors[tensors[0] as number]?.type ?? '';
    return svg(
      'path',
      {
        d: curve(points),
        class: `edge ${kindOfType(type)}`,
        'marker-end': 'url(#arrow)',
        'data-tensors': tensors.join(' '),
      },
      [svg('title', {}, [document.createTextNode(this.#tensorTexts(tensors))])],
    );
  }

  #port({ x, y, width, text: content, side, tensors }: Port): SVGElement {
    const top = y - portHeight / 2;
    return svg('g', { class: `port ${side}`, 'data-tensors': tensors.join(' ') }, [
      svg('rect', { x: x - width / 2, y: top, width, height: portHeight, rx: portHeight / 2 }),
      text(content, { x, y: y + 3.5 }),
      svg('title', {}, [document.createTextNode(this.#tensorTexts(tensors))]),
    ]);
  }

  #tensorTexts(tensors: readonly number[]): string {
    return tensors
      .map((index) => {
        const { name, type, dims } = this.#picture.tensors[index] ?? {
          name: '',
          type: '',
          dims: '',
        };
        return `${name}\n  ${type || 'type not known'} ${dims || 'shape not known'}`;
      })
      .join('\n');
  }

  /** What a screen reader says. */
  #spoken(box: Box): string {
    if (!box.node) return `${box.label}, module, ${noteOf(box)}`;
    const [output] = box.node.outputs;
    const { type = '', dims = '' } = this.#picture.tensors[output ?? -1] ?? {};
    return `${box.label}, ${kindNames[box.node.kind]}, gives ${type} ${dims}`;
  }
}

export function kindOfType(type: string): PictureKind {
  if (/^(u?int8|u?int4|float8)/.test(type)) return 'int8';
  if (/float16/.test(type)) return 'fp16';
  if (/^float/.test(type)) return 'fp32';
  return /int|bool/.test(type) ? 'integer' : 'unknown';
}

/** A smooth line through points: quadratic curves between the middles of its pieces. */
function curve(points: readonly Point[]): string {
  const [first, ...others] = points as [Point, ...Point[]];
  const last = others.at(-1) ?? first;
  let path = `M${round(first)}`;
  for (let index = 0; index < others.length - 1; index++) {
    const [a, b] = [others[index] as Point, others[index + 1] as Point];
    path += `Q${round(a)} ${round({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })}`;
  }
  return `${path}L${round(last)}`;
}

function round({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
}
