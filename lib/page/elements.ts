/// <reference lib="dom" />

export type Attributes = Readonly<Record<string, string | number>>;
export type Child = Node | string;

/** An element of HTML with attributes and what is in it. Texts stay texts. */
export function html<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, `${value}`);
  element.append(...children);
  return element;
}

export function svg(
  name: string,
  attributes: Attributes = {},
  children: readonly Child[] = [],
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, `${value}`);
  element.append(...children);
  return element;
}
