/** The element of that id. @throws TypeError where the page has none of that kind. */
export function element<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new TypeError(`the page has no ${kind.name} '${id}'`);
  return found;
}

/** Writes only what changed: nothing is laid out anew for the same text. */
export function write(into: HTMLElement, text: string): void {
  if (into.textContent !== text) into.textContent = text;
}

/** A new element with a text. */
export function made<K extends keyof HTMLElementTagNameMap>(kind: K, text = ''): HTMLElementTagNameMap[K] {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(number: number): string {
  return whole.format(number);
}

/** Gives the visitor a file. */
export function download(name: string, parts: BlobPart[], type: string): void {
  const link = made('a');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
