/// <reference lib="dom" />

import { html } from '../../page/elements.js';
import { ancestors, type Box } from './boxes.js';

const mostResults = 30;

/** Finds boxes by operator, name, or the name of a tensor that they give. */
export class Search {
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #entries: readonly { box: Box; text: string }[];
  readonly #choose: (box: Box) => void;
  #results: readonly Box[] = [];
  #at = 0;

  constructor(
    elements: { input: HTMLInputElement; list: HTMLElement },
    entries: readonly { box: Box; text: string }[],
    choose: (box: Box) => void,
  ) {
    this.#input = elements.input;
    this.#list = elements.list;
    this.#entries = entries;
    this.#choose = choose;
    this.#input.addEventListener('input', () => this.#find());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('blur', () => this.#close());
  }

  #find(): void {
    const words = this.#input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found: Box[] = [];
    for (const { box, text } of words.length > 0 ? this.#entries : []) {
      if (words.every((word) => text.includes(word))) found.push(box);
      if (found.length > mostResults) break;
    }
    this.#results = found.slice(0, mostResults);
    this.#at = 0;
    this.#show(found.length > mostResults);
  }

  #show(more: boolean): void {
    const lines = this.#results.map((box, index) => {
      const place = ancestors(box)
        .reverse()
        .slice(1)
        .map(({ label }) => label);
      const line = html(
        'li',
        { role: 'option', id: `result-${index}`, 'aria-selected': `${index === this.#at}` },
        [html('b', {}, [box.label]), html('span', {}, [` ${place.join(' / ')}`])],
      );
      // Before the box loses the focus, which closes the list.
      line.addEventListener('pointerdown', (event) => {
        event.preventDefault();
        this.#take(box);
      });
      return line;
    });
    const note = more ? 'More matches: type on.' : 'Nothing found.';
    if (more || lines.length === 0) lines.push(html('li', { class: 'note' }, [note]));
    this.#list.replaceChildren(...lines);
    this.#list.hidden = this.#input.value.trim() === '';
    this.#input.setAttribute('aria-expanded', `${!this.#list.hidden}`);
    this.#input.setAttribute(
      'aria-activedescendant',
      this.#results.length > 0 ? `result-${this.#at}` : '',
    );
    this.#list.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }

  #key(event: KeyboardEvent): void {
    const count = this.#results.length;
    if (event.key === 'Escape') {
      this.#input.value = '';
      this.#input.blur();
    } else if (event.key === 'Enter') {
      const box = this.#results[this.#at];
      if (box) this.#take(box);
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && count > 0) {
      event.preventDefault();
      this.#at = (this.#at + (event.key === 'ArrowDown' ? 1 : count - 1)) % count;
      this.#show(false);
    }
    event.stopPropagation();
  }

  #take(box: Box): void {
    this.#close();
    this.#choose(box);
  }

  #close(): void {
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
  }
}
