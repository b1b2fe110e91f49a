import { errorOf } from '../expression/activation.ts';
import { ExpressionError } from '../expression/expression.ts';
import { scriptOf } from '../points/script.ts';
import {
  dataNames,
  featureNames,
  hashOf,
  isRegression,
  mostLayers,
  mostUnits,
  type OwnPoint,
  optimizerNames,
  type PointsSetup,
} from '../points/setup.ts';
import { download, element, made, write } from './elements.ts';

const dataTexts = {
  spiral: 'two spirals',
  circle: 'circles',
  moons: 'two moons',
  xor: 'exclusive or',
  gauss: 'two clouds',
  plane: 'a plane (regression)',
  hills: 'hills (regression)',
  own: 'own points',
} as const;
const losses = ['cross entropy', 'half squared error'];
const typed = 'typed …';

/** Everything that can be chosen for points; a change begins a new training, which runs where one ran. */
export class PointsControls {
  #setup: PointsSetup;
  readonly #changed: () => void;
  readonly #features = element('features', HTMLFieldSetElement);
  readonly #layers = element('layers', HTMLFieldSetElement);
  readonly #lossText = element('loss-text', HTMLInputElement);

  /** @param changed called when a training shall begin anew; `speed` when only how fast it goes. */
  constructor(setup: PointsSetup, changed: () => void, speed: (steps: number) => void) {
    this.#setup = setup;
    this.#changed = changed;
    this.#select(
      'data',
      dataNames,
      (data) => {
        const loss = isRegression({ data })
          ? 'half squared error'
          : isRegression(this.#setup)
            ? 'cross entropy'
            : this.#setup.loss;
        return { data, loss };
      },
      (name) => dataTexts[name],
    );
    this.#select('optimizer', optimizerNames, (optimizer) => ({ optimizer }));
    this.#select('batch', ['1', '4', '10', '20', '50', '100', '200'], (batch) => ({ batch: Number(batch) }));
    this.#select('decay', ['0', '0.0001', '0.001', '0.003', '0.01', '0.1'], (decay) => ({
      decay: Number(decay),
    }));
    this.#select('loss-name', [...losses, typed], (name) =>
      name === typed ? this.#typedLoss() : { loss: name },
    );
    const speeds = this.#select('speed', ['1', '10', '50', '200'], () => undefined);
    speeds.value = '10';
    speeds.addEventListener('change', () => speed(Number(speeds.value)));
    const noise = element('noise', HTMLInputElement);
    noise.addEventListener('change', () => this.change({ noise: noise.valueAsNumber }));
    const seed = element('seed', HTMLInputElement);
    seed.addEventListener('change', () =>
      this.change({ seed: Math.max(0, Math.round(seed.valueAsNumber || 0)) }),
    );
    for (const id of ['loss-use', 'loss-text'])
      document.getElementById(id)?.addEventListener(id === 'loss-use' ? 'click' : 'change', () => {
        const use = this.#typedLoss();
        if (use !== undefined) this.change(use);
      });
    this.#own();
    this.#share();
    this.#show();
  }

  get setup(): PointsSetup {
    return this.#setup;
  }

  /** Another setup; begins anew. */
  change(part: Partial<PointsSetup>): void {
    this.keep(part);
    this.#changed();
  }

  /** Another setup, of which the training that runs knows already. */
  keep(part: Partial<PointsSetup>): void {
    this.#setup = { ...this.#setup, ...part };
    this.#show();
  }

  add(point: OwnPoint): void {
    const own = this.#setup.data === 'own' ? this.#setup.own : [];
    this.change({ data: 'own', own: [...own, point] });
  }

  #select<T extends string>(
    id: string,
    options: readonly T[],
    change: (chosen: T) => Partial<PointsSetup> | undefined,
    text: (name: T) => string = (name) => name,
  ): HTMLSelectElement {
    const select = element(id, HTMLSelectElement);
    select.append(...options.map((name) => new Option(text(name), name)));
    select.addEventListener('change', () => {
      const chosen = options[select.selectedIndex];
      const part = chosen === undefined ? undefined : change(chosen);
      if (part !== undefined) this.change(part);
      else this.#showLoss(select.value === typed);
    });
    return select;
  }

  /** The loss as it is typed, undefined where it cannot be read: the error says why. */
  #typedLoss(): Partial<PointsSetup> | undefined {
    const loss = this.#lossText.value.trim();
    this.#showLoss(true);
    try {
      errorOf(loss);
      write(element('loss-error', HTMLElement), '');
      this.#lossText.setAttribute('aria-invalid', 'false');
      return { loss };
    } catch (failure) {
      if (!(failure instanceof ExpressionError)) throw failure;
      write(element('loss-error', HTMLElement), `Character ${failure.from + 1}: ${failure.message}`);
      this.#lossText.setAttribute('aria-invalid', 'true');
      return undefined;
    }
  }

  #showLoss(isTyped: boolean): void {
    element('loss-typed', HTMLElement).hidden = !isTyped;
  }

  #own(): void {
    const place = (id: string) => {
      const { valueAsNumber } = element(id, HTMLInputElement);
      return Math.max(-1.2, Math.min(1.2, valueAsNumber || 0));
    };
    for (const label of [0, 1] as const)
      element(`add-${label}`, HTMLButtonElement).addEventListener('click', () =>
        this.add([place('own-x'), place('own-y'), label]),
      );
    element('own-clear', HTMLButtonElement).addEventListener('click', () =>
      this.change({ data: 'own', own: [] }),
    );
  }

  #share(): void {
    const copy = element('copy-link', HTMLButtonElement);
    copy.addEventListener('click', () => {
      void navigator.clipboard
        .writeText(location.href)
        .then(() => write(copy, 'Copied'))
        .catch(() => write(copy, 'It is in the address'));
    });
    element('script', HTMLButtonElement).addEventListener('click', () => {
      const code = scriptOf(this.#setup, Math.max(1000, this.steps));
      download('pullback-playground.mjs', [code], 'text/javascript');
    });
  }

  /** How many steps were made: so many the script makes, 1,000 at least. */
  steps = 0;

  #show(): void {
    const { data, optimizer, batch, decay, loss, noise, seed } = this.#setup;
    const values = {
      data,
      optimizer,
      batch: String(batch),
      decay: String(decay),
      noise: String(noise),
      seed: String(seed),
    };
    for (const [id, value] of Object.entries(values)) {
      const field = document.getElementById(id);
      if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) {
        if (
          field instanceof HTMLSelectElement &&
          !Array.from(field.options).some((option) => option.value === value)
        )
          field.append(new Option(value, value));
        field.value = value;
      }
    }
    const named = losses.includes(loss);
    element('loss-name', HTMLSelectElement).value = named ? loss : typed;
    if (!named) this.#lossText.value = loss;
    this.#showLoss(!named);
    if (data === 'own') element('own-points', HTMLDetailsElement).open = true;
    this.#showFeatures();
    this.#showLayers();
    history.replaceState(null, '', hashOf(this.#setup));
  }

  #showFeatures(): void {
    const { features } = this.#setup;
    if (this.#features.querySelector('input') === null)
      this.#features.append(
        ...featureNames.map((name) => {
          const [label, box] = [made('label', name), made('input')];
          box.type = 'checkbox';
          box.value = name;
          box.addEventListener('change', () => {
            const chosen = featureNames.filter((each) =>
              each === name ? box.checked : this.#setup.features.includes(each),
            );
            // A network of no inputs is none.
            if (chosen.length === 0) box.checked = true;
            else this.change({ features: chosen });
          });
          label.prepend(box);
          return label;
        }),
      );
    for (const box of this.#features.querySelectorAll('input'))
      box.checked = featureNames.some((name) => name === box.value && features.includes(name));
  }

  #showLayers(): void {
    const { layers } = this.#setup;
    const focused = document.activeElement?.getAttribute('aria-label');
    const button = (text: string, label: string, disabled: boolean, next: readonly number[]) => {
      const made_ = made('button', text);
      made_.type = 'button';
      made_.setAttribute('aria-label', label);
      made_.disabled = disabled;
      made_.addEventListener('click', () => this.change({ layers: next }));
      return made_;
    };
    const rows = layers.map((units, i) => {
      const row = made('div');
      const change = (by: number) => layers.map((each, k) => (k === i ? each + by : each));
      row.append(
        made('span', `${units} ${units === 1 ? 'unit' : 'units'}`),
        button('−', `One unit less in layer ${i + 1}`, units <= 1, change(-1)),
        button('+', `One unit more in layer ${i + 1}`, units >= mostUnits, change(1)),
      );
      return row;
    });
    const all = made('div');
    all.append(
      made('span', `${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`),
      button('−', 'One layer less', layers.length === 0, layers.slice(0, -1)),
      button('+', 'One layer more', layers.length >= mostLayers, [...layers, layers.at(-1) ?? 4]),
    );
    const [legend] = this.#layers.children;
    this.#layers.replaceChildren(...(legend === undefined ? [] : [legend]), all, ...rows);
    if (focused !== null && focused !== undefined)
      this.#layers.querySelector<HTMLElement>(`[aria-label="${focused}"]`)?.focus();
  }
}
