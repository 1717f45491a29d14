/// <reference lib="dom" />
import { focusable } from './tips.js';

/** Narrower than this a chart is not drawn, but made smaller. */
const leastWidth = 300;

/**
 * Draws a chart as wide as its place, and again when that changes, so that its texts keep their size.
 *
 * @returns draws it again, because of what it shows.
 */
export function fittedChart(place: HTMLElement, draw: (width: number) => SVGElement): () => void {
  let drawn = 0;
  const redraw = () => {
    drawn = place.clientWidth;
    place.replaceChildren(focusable(draw(Math.max(leastWidth, drawn))));
  };
  // In the frame after: drawing changes the height, which is observed as well.
  const observer = new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - drawn) > 1) requestAnimationFrame(redraw);
  });
  observer.observe(place);
  redraw();
  return redraw;
}
