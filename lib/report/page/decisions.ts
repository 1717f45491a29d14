/// <reference lib="dom" />

import { byId, matcher, tableRow } from '../../page/dom.js';
import { html } from '../../page/elements.js';
import { digits, wholeNumber } from '../../page/figures.js';
import type { ReportDecision } from '../report-data.js';

/** More rows than these are drawn when they are asked for. */
const firstRows = 300;

/** The table of nodes with what was done and why. */
export class Decisions {
  readonly #decisions: readonly ReportDecision[];
  readonly #openTensor: (name: string) => void;
  readonly #search = byId('node-search') as HTMLInputElement;
  readonly #action = byId('node-action') as HTMLSelectElement;
  readonly #role = byId('node-role') as HTMLSelectElement;
  #limit = firstRows;

  /** @param openTensor - shows the histogram of a tensor. */
  constructor(decisions: readonly ReportDecision[], openTensor: (name: string) => void) {
    this.#decisions = decisions;
    this.#openTensor = openTensor;
    offer(
      this.#action,
      decisions.map(({ action }) => action),
    );
    offer(
      this.#role,
      decisions.map(({ role }) => role),
    );
    for (const element of [this.#search, this.#action, this.#role]) {
      element.addEventListener('input', () => {
        this.#limit = firstRows;
        this.#fill();
      });
    }
    byId('node-more').addEventListener('click', () => {
      this.#limit = Infinity;
      this.#fill();
    });
    this.#fill();
  }

  #fill(): void {
    const isWanted = matcher(this.#search.value);
    const [action, role] = [this.#action.value, this.#role.value];
    const found = this.#decisions.filter(
      (decision) =>
        (action === '' || decision.action === action) &&
        (role === '' || decision.role === role) &&
        isWanted(`${decision.node} ${decision.opType} ${decision.reason}`),
    );
    byId('nodes').replaceChildren(...found.slice(0, this.#limit).map((each) => this.#row(each)));
    byId('node-count').textContent =
      `${wholeNumber(found.length)} of ${wholeNumber(this.#decisions.length)} nodes`;
    const more = byId('node-more');
    more.hidden = found.length <= this.#limit;
    more.textContent = `Show all ${wholeNumber(found.length)}`;
  }

  #row({ node, opType, role, action, reason, amax = {} }: ReportDecision): HTMLElement {
    const ranges = Object.entries(amax).map(([tensor, value]) => {
      const link = html('button', { type: 'button', class: 'link', title: tensor }, [
        digits(value),
      ]);
      link.addEventListener('click', () => this.#openTensor(tensor));
      return link;
    });
    return tableRow([
      node,
      html('span', { class: `tag ${action === 'float' ? 'float' : 'quantized'}` }, [action]),
      opType,
      role,
      html('span', { class: 'ranges' }, ranges),
      reason,
    ]);
  }
}

/** Choices with how many there are of each, the most frequent first. */
function offer(select: HTMLSelectElement, values: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const [value, count] of [...counts].sort(([, a], [, b]) => b - a)) {
    select.append(html('option', { value }, [`${value} (${wholeNumber(count)})`]));
  }
}
