/// <reference lib="dom" />
import { html } from '../../page/elements.js';
import type { Picture, PictureWeight } from '../picture.js';
import { ancestors, type Box, type Boxes } from './boxes.js';
import { kindNames } from './draw.js';

/** Tells everything about the box that was chosen, with ways to its neighbours. */
export class Panel {
  readonly #element: HTMLElement;
  readonly #picture: Picture;
  readonly #boxes: Boxes;
  readonly #choose: (box: Box) => void;

  constructor(element: HTMLElement, picture: Picture, boxes: Boxes, choose: (box: Box) => void) {
    this.#element = element;
    this.#picture = picture;
    this.#boxes = boxes;
    this.#choose = choose;
  }

  show(box: Box): void {
    const content = box.node ? this.#node(box) : box.parent ? this.#module(box) : this.#model(box);
    this.#element.replaceChildren(...content);
    this.#element.scrollTop = 0;
  }

  #model(box: Box): HTMLElement[] {
    return [
      html('h2', {}, [this.#picture.title]),
      rows(this.#picture.facts),
      ...this.#section(
        'Inputs',
        this.#picture.inputs.map((tensor) => this.#tensor(tensor, 'to')),
      ),
      ...this.#section(
        'Outputs',
        this.#picture.outputs.map((tensor) => this.#tensor(tensor, 'from')),
      ),
      ...this.#operators(box),
    ];
  }

  #module(box: Box): HTMLElement[] {
    const same =
      box.alike > 1 ? [['Alike', `${box.alike} neighbours with the same operators`] as const] : [];
    return [
      this.#path(box),
      html('h2', {}, [box.label]),
      rows([['Nodes', `${box.nodes}`], ...same]),
      ...this.#operators(box),
    ];
  }

  #node(box: Box): HTMLElement[] {
    const { node } = box;
    if (!node) return [];
    return [
      this.#path(box),
      html('h2', {}, [html('span', { class: `dot ${node.kind}` }), node.op]),
      rows([
        ['Name', node.name || '(none)'],
        ...(node.stands ? [['Module', node.stands] as const] : []),
        ...(node.domain ? [['Domain', node.domain] as const] : []),
        ['Precision', kindNames[node.kind]],
      ]),
      ...this.#section('Attributes', node.attributes.length > 0 ? [rows(node.attributes)] : []),
      ...this.#section(
        'Inputs',
        node.inputs.map((input) => {
          if (input === null) return html('p', { class: 'tensor none' }, ['(left out)']);
          return typeof input === 'number' ? this.#tensor(input, 'from') : storedTensor(input);
        }),
      ),
      ...this.#section(
        'Read by its sub-graphs',
        node.captured.map((tensor) => this.#tensor(tensor, 'from')),
      ),
      ...this.#section(
        'Outputs',
        node.outputs.map((tensor) => this.#tensor(tensor, 'to')),
      ),
    ];
  }

  #operators({ operators }: Box): HTMLElement[] {
    const sorted = [...operators].sort((a, b) => b[1] - a[1]);
    return this.#section('Operators', [
      rows(
        sorted.map(([op, count]) => [op, `${count}`]),
        'counts',
      ),
    ]);
  }

  #path(box: Box): HTMLElement {
    const links = ancestors(box)
      .reverse()
      .map((around) => this.#link(around, around.label || 'graph'));
    return html('nav', { 'aria-label': 'Place', class: 'path' }, links);
  }

  #section(title: string, content: readonly HTMLElement[]): HTMLElement[] {
    return content.length === 0 ? [] : [html('h3', {}, [title]), ...content];
  }

  #tensor(index: number, direction: 'from' | 'to'): HTMLElement {
    const { name = '', type = '', dims = '' } = this.#picture.tensors[index] ?? {};
    const producer = this.#boxes.producer(index);
    const others = direction === 'to' ? this.#boxes.consumers(index) : producer ? [producer] : [];
    const shown = others.slice(0, 12).map((other) => this.#link(other, other.label));
    const more = others.length > shown.length ? [`and ${others.length - shown.length} more`] : [];
    return html('div', { class: 'tensor' }, [
      html('span', { class: 'name' }, [name]),
      html('span', { class: 'shape' }, [
        `${type || 'type not known'} ${dims || 'shape not known'}`,
      ]),
      ...(shown.length > 0
        ? [html('span', { class: 'ways' }, [`${direction} `, ...shown, ...more])]
        : []),
    ]);
  }

  #link(box: Box, label: string): HTMLElement {
    const link = html('button', { type: 'button', class: 'way' }, [label]);
    link.addEventListener('click', () => this.#choose(box));
    return link;
  }
}

function storedTensor({ name, type, dims, value }: PictureWeight): HTMLElement {
  return html('div', { class: 'tensor stored' }, [
    html('span', { class: 'name' }, [name]),
    html('span', { class: 'shape' }, [`stored ${type} ${dims}${value ? ` = ${value}` : ''}`]),
  ]);
}

function rows(entries: readonly (readonly [string, string])[], kind = 'facts'): HTMLElement {
  const lines = entries.flatMap(([name, value]) => [
    html('dt', {}, [name]),
    html('dd', {}, [value]),
  ]);
  return html('dl', { class: kind }, lines);
}
