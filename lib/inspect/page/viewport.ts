/// <reference lib="dom" />
import type { Point } from './layout.js';

const smallest = 0.02;
const largest = 4;

/** What part of the drawing is seen, and how large: moved by pointer, wheel, fingers and keys. */
export class Viewport {
  readonly #frame: SVGSVGElement;
  readonly #content: SVGElement;
  #scale = 1;
  #origin: Point = { x: 0, y: 0 };
  readonly #pointers = new Map<number, Point>();
  /** Whether the pointer moved so far since it went down that it was no click. */
  dragged = false;

  constructor(frame: SVGSVGElement, content: SVGElement) {
    this.#frame = frame;
    this.#content = content;
    frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    frame.addEventListener('pointerdown', (event) => this.#down(event));
    frame.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel', 'pointerleave'] as const) {
      frame.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    }
  }

  get scale(): number {
    return this.#scale;
  }

  /** Where a point of the drawing is on the screen, within the frame. */
  toScreen({ x, y }: Point): Point {
    return { x: x * this.#scale + this.#origin.x, y: y * this.#scale + this.#origin.y };
  }

  pan(x: number, y: number): void {
    this.#origin = { x: this.#origin.x + x, y: this.#origin.y + y };
    this.#apply();
  }

  /** Zooms, so that what is at a point of the frame stays there; by default at its middle. */
  zoom(factor: number, at: Point = this.#middle()): void {
    const scale = Math.min(largest, Math.max(smallest, this.#scale * factor));
    const change = scale / this.#scale;
    this.#origin = {
      x: at.x - (at.x - this.#origin.x) * change,
      y: at.y - (at.y - this.#origin.y) * change,
    };
    this.#scale = scale;
    this.#apply();
  }

  /** Shows a rectangle of the drawing as a whole, not magnified. */
  fit(at: Point, size: { width: number; height: number }): void {
    const { clientWidth, clientHeight } = this.#frame;
    const room = Math.min((clientWidth - 48) / size.width, (clientHeight - 48) / size.height);
    this.#scale = Math.max(smallest, Math.min(1, room));
    this.#origin = {
      x: (clientWidth - size.width * this.#scale) / 2 - at.x * this.#scale,
      y: (clientHeight - size.height * this.#scale) / 2 - at.y * this.#scale,
    };
    this.#apply();
  }

  /** Shows the upper part of a rectangle, large enough to be read. */
  fitReadable(at: Point, size: { width: number; height: number }, least: number): void {
    this.fit(at, size);
    if (this.#scale >= least) return;
    this.#scale = least;
    this.#origin = {
      x: (this.#frame.clientWidth - size.width * least) / 2 - at.x * least,
      y: 24 - at.y * least,
    };
    this.#apply();
  }

  /** Moves no further than is needed to see a box, and enlarges it where it cannot be read. */
  reveal(at: Point, size: { width: number; height: number }): void {
    if (this.#scale < 0.45) {
      this.#scale = 0.8;
      const { x, y } = this.toScreen({ x: at.x + size.width / 2, y: at.y + size.height / 2 });
      const middle = this.#middle();
      this.pan(middle.x - x, middle.y - y);
    }
    const start = this.toScreen(at);
    const end = this.toScreen({ x: at.x + size.width, y: at.y + size.height });
    this.pan(
      intoRange(start.x, end.x, this.#frame.clientWidth),
      intoRange(start.y, end.y, this.#frame.clientHeight),
    );
  }

  #apply(): void {
    const { x, y } = this.#origin;
    this.#content.setAttribute('transform', `translate(${x} ${y}) scale(${this.#scale})`);
    this.#frame.classList.toggle('far', this.#scale < 0.3);
  }

  #middle(): Point {
    return { x: this.#frame.clientWidth / 2, y: this.#frame.clientHeight / 2 };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { left, top } = this.#frame.getBoundingClientRect();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.shiftKey) this.pan(-event.deltaY * pixels, 0);
    else {
      const factor = Math.exp((-event.deltaY * pixels) / 500);
      this.zoom(factor, { x: event.clientX - left, y: event.clientY - top });
    }
  }

  #down(event: PointerEvent): void {
    this.dragged = false;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const [x, y] = [now.x - before.x, now.y - before.y];
    if (!this.dragged && Math.hypot(x, y) < 4) return;
    this.dragged = true;
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId);
    this.#pointers.set(event.pointerId, now);
    const other = others[0]?.[1];
    if (!other) {
      this.pan(x, y);
      return;
    }
    const distance = (point: Point) =>
      Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    const { left, top } = this.#frame.getBoundingClientRect();
    this.zoom(distance(now) / distance(before), { x: other.x - left, y: other.y - top });
  }
}

/** How far to move so that a piece from `start` to `end` lies between 0 and `size`. */
function intoRange(start: number, end: number, size: number): number {
  const edge = 40;
  if (start < edge || end - start > size - 2 * edge) return edge - start;
  return end > size - edge ? size - edge - end : 0;
}
