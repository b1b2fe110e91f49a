/** Words of other libraries, each with ours where no rule leads from one to the other. */
const ours: Readonly<Record<string, readonly string[]>> = {
  verbose: ['progress'],
  model: ['network', 'layers'],
  network: ['layers'],
  layers: ['network'],
  linear: ['dense'],
  swish: ['silu'],
  crossentropyloss: ['softmaxCrossEntropy'],
  kldivergence: ['kullbackLeibler'],
};

/** The functions that take an option which is often given to something else. */
const takers: Readonly<Record<string, string>> = {
  metrics: 'fit, as evaluate,',
  callbacks: 'fit',
  epochs: 'fit',
  batchsize: 'fit',
  lr: 'An optimizer',
  learningrate: 'An optimizer',
  inputshape: "Model.create, as 'input',",
  seed: 'Model.create',
};

export function takenBy(name: string): string | undefined {
  const low = plain(name);
  return Object.hasOwn(takers, low) ? takers[low] : undefined;
}

/**
 * The known name that another stands for: one told of in {@link ours}, the nearest that starts alike, the only one that it begins or that begins it, the only
 * one that it is a part of or that is a part of it, one whose words it abbreviates (`lr`, `mse`), the nearest. Capitals and underscores do not count.
 */
export function meant(name: string, names: readonly string[]): string | undefined {
  const low = plain(name);
  const told = (Object.hasOwn(ours, low) ? ours[low] : undefined)?.find((each) => names.includes(each));
  if (told !== undefined) return told;
  const near = nearest(low, names);
  if (near !== undefined && plain(near).slice(0, 2) === low.slice(0, 2)) return near;
  const only = (fits: (short: string, long: string) => boolean): string | undefined => {
    const [found, another] = names.filter((each) => fits(low, plain(each)) || fits(plain(each), low));
    return another === undefined ? found : undefined;
  };
  const long = (part: string) => part.length > 2;
  const short = (each: string) => (each[0] ?? '') + each.replace(/[^A-Z]/g, '').toLowerCase();
  return (
    only((a, b) => long(a) && b.startsWith(a)) ??
    only((a, b) => long(a) && b.includes(a)) ??
    names.find((each) => low.length > 1 && short(each) === low) ??
    near
  );
}

function plain(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase();
}

/** The known name at the smallest edit distance, when that is at most a third of the word. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (beforeLast[j - 2] ?? 0) + 1
          : Infinity,
      );
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
