import type { Picture } from '../protocol.ts';
import { count, element, made, write } from './elements.ts';

type GptPicture = Extract<Picture, { readonly problem: 'gpt' }>;

/** Milliseconds a character takes to be typed, and how many samples from before stay in sight. */
const each = 16;
const most = 6;

/** The samples of a GPT as it writes them: the newest character by character, those before it below. */
export class TypedText {
  readonly #step = element('typed-step', HTMLElement);
  readonly #prompt = element('typed-prompt', HTMLElement);
  readonly #text = element('typed-text', HTMLElement);
  readonly #before = element('typed-before', HTMLElement);
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #shown: GptPicture | undefined;
  #next: GptPicture | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** A new training: what another wrote goes. */
  begin(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#shown = this.#next = undefined;
    this.#before.replaceChildren();
    for (const part of [this.#step, this.#prompt, this.#text]) write(part, '');
  }

  /** Typed once the sample before it is; of several that wait, the last. */
  show(picture: GptPicture): void {
    this.#next = picture;
    if (this.#timer === undefined) this.#type();
  }

  #type(): void {
    const picture = this.#next;
    if (picture === undefined) return;
    this.#next = undefined;
    if (this.#shown !== undefined && this.#shown.step !== picture.step) this.#keep(this.#shown);
    this.#shown = picture;
    write(this.#step, `After ${count(picture.step)} steps`);
    write(this.#prompt, picture.prompt);
    if (this.#still.matches) {
      write(this.#text, picture.text);
      return;
    }
    const started = performance.now();
    this.#timer = setInterval(() => {
      const typed = Math.min(picture.text.length, Math.ceil((performance.now() - started) / each));
      write(this.#text, picture.text.slice(0, typed));
      if (typed < picture.text.length) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#type();
    }, 40);
  }

  #keep({ step, prompt, text }: GptPicture): void {
    const item = made('li');
    item.append(made('b', count(step)), made('span', prompt + text));
    this.#before.prepend(item);
    while (this.#before.children.length > most) this.#before.lastElementChild?.remove();
  }
}
