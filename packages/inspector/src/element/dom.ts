/** Attributes and properties of a new element. */
export interface Given {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly click?: () => void;
}

export function made<K extends keyof HTMLElementTagNameMap>(
  kind: K,
  { class: name, text, attributes = {}, click }: Given = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(kind);
  if (name !== undefined) element.className = name;
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (click !== undefined) element.addEventListener('click', click);
  element.append(...children);
  return element;
}

/** Writes only what changed: nothing is laid out anew for the same text. */
export function write(into: Element, text: string): void {
  if (into.textContent !== text) into.textContent = text;
}

export function drawn(
  kind: 'svg' | 'path' | 'text',
  attributes: Readonly<Record<string, string>>,
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', kind);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
