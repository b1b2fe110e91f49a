import {
  add,
  concatenate,
  defineLayer,
  dense,
  fill,
  type Initializer,
  type Layer,
  sigmoid,
  slice,
  type Value,
} from 'pullback';
import { generalizing } from '../expectation.ts';
import type { Patterns, Simulation } from '../simulation.ts';
import { goal } from './patterns.ts';
import { units } from './units.ts';

const letters = 'ABCDE';
const codes: Readonly<Record<string, readonly number[]>> = {
  A: [1, 2],
  B: [2, 3],
  C: [3, 1],
  D: [2, 1],
  E: [1, 3],
};
const [steps, firstDigit, digits, hiddenUnits] = [6, 2, 3, 30];

/** Every letter once in each place: what is held out has only known letters in known places. */
const kept = ['AB', 'BC', 'CD', 'DE', 'EA'];
const words = [...letters].flatMap((first) => [...letters].map((second) => first + second));

const digitsOf = (word: string): number[] => [...word].flatMap((letter) => codes[letter] ?? []);

/** A letter unit is on in the step of its letter; a digit unit in the step of its digit. */
function patternsOf(chosen: readonly string[]): Patterns {
  return {
    inputs: chosen.map((word) =>
      Array.from({ length: steps }, (_, t) =>
        [...letters].map((letter) => (word[t] === letter ? 1 : 0)),
      ).flat(),
    ),
    targets: chosen.map((word) =>
      digitsOf(word).flatMap((digit) =>
        Array.from({ length: digits }, (_, i) => goal(i + 1 === digit ? 1 : 0)),
      ),
    ),
  };
}

/** Digits whose unit is the most active of the three. */
function rightDigits(outputs: readonly (readonly number[])[]): number {
  return kept.reduce(
    (sum, word, i) =>
      sum +
      digitsOf(word).filter((digit, t) => {
        const activations = outputs[i]?.slice(t * digits, (t + 1) * digits) ?? [];
        return activations.indexOf(Math.max(...activations)) === digit - 1;
      }).length,
    0,
  );
}

/** 30 units that see the letters and their own last state, and digit units that see them. */
function recurrent(start: Initializer): Layer<readonly [Value]> {
  const [seen, kernel] = [{ name: 'seen', kernelInitializer: start, bias: false }, start];
  const [fromLetters, fromHidden] = [dense(hiddenUnits, seen), units(digits, 'digits', kernel)];
  const fromBefore = dense(hiddenUnits, { name: 'before', kernelInitializer: start, biasInitializer: start });
  return defineLayer('sequence', (scope, x: Value) => {
    const [count = 0] = x.shape;
    let state = fill(0.2, [count, hiddenUnits], scope.dtype);
    const shown: Value[] = [];
    for (let t = 0; t < steps; t++) {
      const letter = slice(x, [0, t * letters.length], [count, (t + 1) * letters.length]);
      state = sigmoid(add(scope.apply(fromLetters, letter), scope.apply(fromBefore, state)));
      if (t >= firstDigit) shown.push(scope.apply(fromHidden, state));
    }
    return concatenate(shown);
  });
}

const names = (letter: string): string[] =>
  Array.from({ length: hiddenUnits }, (_, i) => `${letter}${i + 1}`);

/** 5-30-3, recurrent: two letters, then the digits that they stand for. */
export const sequence: Simulation = {
  name: 'sequence',
  title: 'Sequence completion (5-30-3, recurrent)',
  about:
    'Two letters are shown, one after the other; then the net goes on alone, and is to say the two digits of the first letter and the two of the second. 20 of the 25 words are learned, and the other 5 are tried.',
  network: recurrent,
  patterns: patternsOf(words.filter((word) => !kept.includes(word))),
  learning: { rate: 0.05, decay: 0.002, limit: 2_000 },
  seeds: 10,
  published: '260 sweeps; 19 of the 20 digits of five words that were held out (table 11)',
  expected: generalizing(8, 10, 15 / 20),
  wiring: [
    { layer: 'seen', from: [...letters], to: names('h') },
    { layer: 'before', from: names("h'"), to: names('h') },
    { layer: 'digits', from: names('h'), to: ['1', '2', '3'] },
  ],
  heldOut: { patterns: patternsOf(kept), unit: 'digits', count: rightDigits, of: 20 },
};
