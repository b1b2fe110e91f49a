import type { Choice, Machine } from '../protocol.ts';
import { element, made, write } from './elements.ts';

const about: Readonly<Record<Choice, string>> = {
  auto: 'the fastest that is here',
  wasm: 'WebAssembly, made for the shapes of the network',
  webgpu: 'shaders, one submit a step',
  cpu: 'the reference in plain TypeScript: slow and obvious',
};

/** Which backend computes, with how many threads; what is missing says why. */
export class BackendChoice {
  readonly #threads = element('threads', HTMLSelectElement);
  readonly #radios = new Map<Choice, { readonly input: HTMLInputElement; readonly note: HTMLElement }>();

  /** @param changed called when somebody chose another. */
  constructor(changed: () => void) {
    const fieldset = element('backends', HTMLFieldSetElement);
    for (const choice of ['auto', 'wasm', 'webgpu', 'cpu'] as const) {
      const [label, input, note] = [made('label'), made('input'), made('small', about[choice])];
      input.type = 'radio';
      input.name = 'backend';
      input.value = choice;
      input.checked = choice === 'auto';
      input.addEventListener('change', changed);
      label.append(input, made('b', choice), note);
      fieldset.append(label);
      this.#radios.set(choice, { input, note });
    }
    this.#threads.addEventListener('change', changed);
  }

  get chosen(): Choice {
    for (const [choice, { input }] of this.#radios) if (input.checked) return choice;
    return 'auto';
  }
  set chosen(choice: Choice) {
    const radio = this.#radios.get(choice);
    if (radio !== undefined) radio.input.checked = true;
  }

  get threads(): number {
    return Number(this.#threads.value);
  }

  /** Says what is missing here, and offers the rest. */
  show({ missing, auto, adapter, noThreads, cores }: Machine): void {
    const more = { auto, wasm: undefined, webgpu: adapter, cpu: undefined };
    for (const [choice, { input, note }] of this.#radios) {
      const why = choice === 'auto' ? undefined : missing[choice];
      const known = more[choice] === undefined ? '' : `: ${more[choice]}`;
      input.disabled = why !== undefined;
      write(note, why === undefined ? about[choice] + known : `not here: ${why}`);
    }
    const most = noThreads === undefined ? Math.max(1, Math.min(cores, 8)) : 1;
    this.#threads.replaceChildren(
      ...Array.from({ length: most }, (_, i) => new Option(String(i + 1), String(i + 1))),
    );
    this.#threads.disabled = most === 1;
    write(
      element('threads-note', HTMLElement),
      noThreads === undefined ? 'The results do not depend on it, bit for bit.' : `One thread: ${noThreads}.`,
    );
  }
}
