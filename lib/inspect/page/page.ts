/// <reference lib="dom" />
import { byId, pageData, toggleTheme } from '../../page/dom.js';
import { html, svg } from '../../page/elements.js';
import type { Picture } from '../picture.js';
import { ancestors, type Box, Boxes, tensorsRead } from './boxes.js';
import { Drawing, kindNames } from './draw.js';
import { Layouts } from './layout.js';
import { Panel } from './panel.js';
import { Search } from './search.js';
import { Viewport } from './viewport.js';

/** The page opens modules by itself until it shows about so many boxes. */
const firstBoxes = 40;
/** "Open all" stops here: more is neither drawn quickly nor read by anybody. */
const mostBoxes = 600;

/** The drawing with everything around it, and what pointer and keys do. */
class Page {
  readonly #boxes: Boxes;
  readonly #layouts: Layouts;
  readonly #drawing: Drawing;
  readonly #viewport: Viewport;
  readonly #panel: Panel;
  readonly #frame = byId('graph') as unknown as SVGSVGElement;
  readonly #content = svg('g', {});
  readonly #status = byId('status');
  #chosen: Box;

  constructor(picture: Picture) {
    this.#boxes = new Boxes(picture);
    this.#layouts = new Layouts(picture, this.#boxes, textMeasure());
    this.#drawing = new Drawing(picture, this.#layouts);
    this.#frame.append(this.#content);
    this.#viewport = new Viewport(this.#frame, this.#content);
    this.#panel = new Panel(byId('panel'), picture, this.#boxes, (box) => this.choose(box));
    this.#chosen = this.#boxes.root;
    const elements = { input: byId('search') as HTMLInputElement, list: byId('results') };
    new Search(elements, searchable(picture, this.#boxes), (box) => this.choose(box));
    this.#listen();
    this.#openFirst();
  }

  /** Shows a box, wherever it is, and tells about it. */
  choose(box: Box, focus = true): void {
    const closed = ancestors(box).filter(({ open }) => !open);
    for (const around of closed) {
      around.open = true;
      this.#layouts.changed(around);
    }
    if (closed.length > 0) this.#draw();
    this.#select(box);
    const shown = this.#drawing.shown.get(box);
    if (!shown || !box.parent) return;
    this.#viewport.reveal(shown.at, this.#layouts.of(box));
    if (focus) (shown.element as SVGElement).focus({ preventScroll: true });
  }

  #select(box: Box): void {
    this.#chosen = box;
    for (const element of this.#content.querySelectorAll('.chosen, .of-chosen')) {
      element.classList.remove('chosen', 'of-chosen');
    }
    const element = this.#drawing.shown.get(box)?.element;
    element?.classList.add('chosen');
    for (const other of this.#content.querySelectorAll('[tabindex="0"]'))
      other.setAttribute('tabindex', '-1');
    element?.setAttribute('tabindex', '0');
    this.#markTensors(box);
    this.#panel.show(box);
    this.#status.textContent = element?.getAttribute('aria-label') ?? '';
  }

  /** Marks the ways of the tensors that the box reads and gives. */
  #markTensors({ node }: Box): void {
    if (!node) return;
    const tensors = new Set([...tensorsRead(node), ...node.outputs].map(String));
    for (const element of this.#content.querySelectorAll<SVGElement>('[data-tensors]')) {
      const own = element.dataset['tensors']?.split(' ') ?? [];
      if (own.some((tensor) => tensors.has(tensor))) element.classList.add('of-chosen');
    }
  }

  toggle(box: Box): void {
    if (box.node || !box.parent) return;
    const before = this.#screenPlace(box);
    box.open = !box.open;
    this.#layouts.changed(box);
    this.#draw();
    // What was clicked stays where it is.
    const after = this.#screenPlace(box);
    if (before && after) this.#viewport.pan(before.x - after.x, before.y - after.y);
    this.#select(box);
    this.#drawing.shown.get(box)?.element.focus({ preventScroll: true });
  }

  #screenPlace(box: Box) {
    const shown = this.#drawing.shown.get(box);
    if (!shown) return undefined;
    const { x, y } = shown.at;
    return this.#viewport.toScreen({ x: x + this.#layouts.of(box).width / 2, y });
  }

  /**
   * Opens what leads to layers, but not those: one box each shows them best. A graph
   * without layers is opened from its largest modules on.
   */
  #openFirst(): void {
    const layered = new Set(
      this.#boxes.all.filter(({ layer }) => layer).flatMap((box) => [...ancestors(box)]),
    );
    const queue = [this.#boxes.root];
    let visible = this.#boxes.root.children.length;
    for (const box of queue) {
      box.open = true;
      const modules = box.children.filter(
        (child) => !child.node && !child.layer && (layered.size === 0 || layered.has(child)),
      );
      for (const child of modules.sort((a, b) => b.nodes - a.nodes)) {
        if (visible + child.children.length > firstBoxes || isAside(child)) continue;
        visible += child.children.length;
        queue.push(child);
      }
    }
    this.#draw();
    this.#select(this.#boxes.root);
    this.#viewport.fitReadable({ x: 0, y: 0 }, this.#layouts.of(this.#boxes.root), 0.6);
  }

  #openAll(): void {
    const queue = [this.#boxes.root];
    let visible = 0;
    for (const box of queue) {
      if (visible + box.children.length > mostBoxes) break;
      visible += box.children.length;
      box.open = true;
      this.#layouts.changed(box);
      queue.push(...box.children.filter((child) => !child.node));
    }
    this.#redrawn();
  }

  #closeAll(): void {
    for (const box of this.#boxes.all) {
      if (box.parent && box.open) {
        box.open = false;
        this.#layouts.changed(box);
      }
    }
    this.#redrawn();
  }

  #redrawn(): void {
    this.#draw();
    this.#select(this.#boxes.root);
    this.#fit();
  }

  #draw(): void {
    this.#content.replaceChildren(this.#drawing.draw(this.#boxes.root));
  }

  #fit(): void {
    this.#viewport.fit({ x: 0, y: 0 }, this.#layouts.of(this.#boxes.root));
  }

  #listen(): void {
    this.#frame.addEventListener('click', (event) => {
      const box = this.#boxAt(event.target);
      if (this.#viewport.dragged || !box) return;
      const onSign = (event.target as Element).closest('.sign, .header');
      if (!box.node && (!box.open || onSign)) this.toggle(box);
      else this.#select(box);
    });
    this.#frame.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('keydown', (event) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      byId('search').focus();
    });
    // Who has chosen a box wants to see that one.
    addEventListener('resize', () => {
      if (!this.#chosen.parent) this.#fit();
    });
    const actions: Record<string, () => void> = {
      'zoom-in': () => this.#viewport.zoom(1.3),
      'zoom-out': () => this.#viewport.zoom(1 / 1.3),
      fit: () => this.#fit(),
      'open-all': () => this.#openAll(),
      'close-all': () => this.#closeAll(),
      theme: toggleTheme,
    };
    for (const [id, action] of Object.entries(actions)) byId(id).addEventListener('click', action);
  }

  #boxAt(target: EventTarget | null): Box | undefined {
    const element = (target as Element | null)?.closest<SVGElement>('[data-box]');
    return element ? this.#boxes.all[Number(element.dataset['box'])] : undefined;
  }

  #key(event: KeyboardEvent): void {
    const steps: Record<string, () => Box | undefined> = {
      ArrowDown: () => this.#along('down'),
      ArrowUp: () => this.#along('up'),
      ArrowRight: () => this.#beside(1),
      ArrowLeft: () => this.#beside(-1),
      Escape: () => this.#chosen.parent,
    };
    const step = steps[event.key];
    if (step) {
      const box = step();
      if (box) this.choose(box);
    } else if (event.key === 'Enter' || event.key === ' ') this.toggle(this.#chosen);
    else if (event.key === '+' || event.key === '=') this.#viewport.zoom(1.3);
    else if (event.key === '-') this.#viewport.zoom(1 / 1.3);
    else if (event.key === '0') this.#fit();
    else return;
    event.preventDefault();
  }

  /** The next box the way that tensors flow, or back; into an open module first. */
  #along(direction: 'up' | 'down'): Box | undefined {
    const box = this.#chosen;
    if (box.open && box.children.length > 0 && direction === 'down') return this.#inOrder(box)[0];
    const links = box.parent?.links ?? [];
    const next = links.find(({ from, to }) =>
      direction === 'down' ? from === box && to : to === box && from,
    );
    const found = direction === 'down' ? next?.to : next?.from;
    if (found) return found;
    return direction === 'up' ? box.parent : undefined;
  }

  #beside(step: number): Box | undefined {
    const siblings = this.#chosen.parent ? this.#inOrder(this.#chosen.parent) : [];
    return siblings[siblings.indexOf(this.#chosen) + step];
  }

  /** The boxes of a module from top to bottom, and in a row from left to right. */
  #inOrder(box: Box): Box[] {
    const { children } = this.#layouts.of(box);
    return [...children].sort((a, b) => a.y - b.y || a.x - b.x).map((placed) => placed.box);
  }
}

/** Shapes and masks were put aside so that they do not hide the rest. */
function isAside(box: Box): boolean {
  return box.nodes > 0 && box.kinds.get('integer') === box.nodes;
}

function textMeasure(): (text: string, size: number) => number {
  const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
  return (text, size) => {
    context.font = `${size === 13 ? 600 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`;
    return context.measureText(text).width;
  };
}

function searchable(picture: Picture, { all }: Boxes): { box: Box; text: string }[] {
  return all.slice(1).map((box) => {
    const outputs = box.node?.outputs.map((index) => picture.tensors[index]?.name) ?? [];
    const place = ancestors(box)
      .reverse()
      .slice(1)
      .map(({ label }) => label);
    return { box, text: [box.label, box.node?.name, ...outputs, ...place].join(' ').toLowerCase() };
  });
}

function showLegend(picture: Picture): void {
  const used = new Set(picture.nodes.map(({ kind }) => kind));
  const lines = Object.entries(kindNames)
    .filter(([kind]) => used.has(kind as keyof typeof kindNames))
    .map(([kind, name]) => html('li', {}, [html('span', { class: `dot ${kind}` }), name]));
  byId('legend').replaceChildren(...lines);
}

const picture = pageData<Picture>();
showLegend(picture);
new Page(picture);
