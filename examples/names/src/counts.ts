import type { Named } from './data.ts';

/** The parts of a name that are counted: every run of one to `most` letters, with the two ends marked. */
function partsOf(name: string, most: number): Set<string> {
  const marked = `^${name}$`;
  const parts = new Set<string>();
  for (let size = 1; size <= most; size++)
    for (let at = 0; at + size <= marked.length; at++) parts.add(marked.slice(at, at + size));
  return parts;
}

/** The baseline: naive Bayes over the runs of letters that a name has (McCallum and Nigam 1998), each counted from 1 up. */
export function naiveBayes(training: readonly Named[], most: number): (name: string) => number {
  const counts = [0, 1].map((label) => {
    const names = training.filter((each) => each.label === label);
    const having = new Map<string, number>();
    for (const { name } of names)
      for (const part of partsOf(name, most)) having.set(part, (having.get(part) ?? 0) + 1);
    return { names: names.length, having };
  });
  const score = (parts: Set<string>, { names, having }: { names: number; having: Map<string, number> }) =>
    Array.from(parts).reduce(
      (sum, part) => sum + Math.log(((having.get(part) ?? 0) + 1) / (names + 2)),
      Math.log(names / training.length),
    );
  return (name) => {
    const parts = partsOf(name, most);
    const [female = 0, male = 0] = counts.map((each) => score(parts, each));
    return male > female ? 1 : 0;
  };
}
