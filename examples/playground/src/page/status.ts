import { element, write } from './elements.ts';

/** The line that is read aloud: what happens, and from time to time how far it is. */
export class Status {
  readonly #line = element('status', HTMLElement);
  #said = 0;

  say(text: string, { failed = false }: { readonly failed?: boolean } = {}): void {
    this.#line.classList.toggle('failed', failed);
    write(this.#line, text);
    this.#said = performance.now();
  }

  /** Said only when nothing was for ten seconds: nobody wants to hear ten numbers a second. */
  mention(text: () => string): void {
    if (performance.now() - this.#said > 10_000) this.say(text());
  }
}
