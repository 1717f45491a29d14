/// <reference lib="dom" />
import { html } from './elements.js';

const moves: Readonly<Record<string, number | undefined>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

/**
 * Tells the figures of the mark that the pointer or the focus is on: every element with `data-tip`. The
 * marks of a chart are one stop of the Tab key, and the arrow keys go from one to the next.
 */
export function installTips(): void {
  const tip = html('div', { id: 'tip', role: 'tooltip' });
  tip.hidden = true;
  document.body.append(tip);
  const show = ({ target }: Event) => {
    const mark = markAt(target);
    tip.hidden = !mark;
    if (mark) place(tip, mark);
  };
  const hide = () => {
    tip.hidden = true;
  };
  document.addEventListener('pointerover', show);
  document.addEventListener('focusin', show);
  document.addEventListener('focusout', hide);
  document.addEventListener('scroll', hide, { capture: true, passive: true });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
    const step = moves[event.key];
    const mark = markAt(event.target);
    if (step === undefined || !mark) return;
    event.preventDefault();
    goOn(mark, step);
  });
}

/** Lets the Tab key reach the first mark of a chart. */
export function focusable(chart: SVGElement): SVGElement {
  chart.querySelectorAll('[data-tip]').forEach((mark, index) => {
    mark.setAttribute('tabindex', index === 0 ? '0' : '-1');
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', mark.getAttribute('data-tip') ?? '');
  });
  return chart;
}

function markAt(target: EventTarget | null): SVGElement | undefined {
  return target instanceof Element
    ? (target.closest<SVGElement>('[data-tip]') ?? undefined)
    : undefined;
}

function place(tip: HTMLElement, mark: SVGElement): void {
  tip.textContent = mark.getAttribute('data-tip');
  const { left, right, top, bottom } = mark.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const x = (left + right - width) / 2;
  const above = top - height - 8;
  tip.style.left = `${Math.max(4, Math.min(innerWidth - width - 4, x))}px`;
  tip.style.top = `${above > 4 ? above : Math.min(bottom + 8, innerHeight - height - 4)}px`;
}

function goOn(mark: SVGElement, step: number): void {
  const marks = [...(mark.closest('svg.chart')?.querySelectorAll<SVGElement>('[data-tip]') ?? [])];
  const next = marks[marks.indexOf(mark) + step];
  if (!next) return;
  mark.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus({ preventScroll: true });
}
