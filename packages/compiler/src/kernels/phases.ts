import type { Statement } from './kernel.ts';

/** When a statement of a kernel is known. */
export interface Phase {
  /** Only when all outer points are done: a sum along the outer axes, or what follows from one. */
  readonly isLate: boolean;
  /** After so many passes over the inner points of a row: of a sum along them that in which it is made. 0 where none has to be done before. */
  readonly pass: number;
}

/** The phase of a statement that nothing has to be done for. */
export const atOnce: Phase = { isLate: false, pass: 0 };

/** Statements with their phases, each told by those of the statements before it. */
export function phased(statements: readonly Statement[]): Statement[] {
  const done: Statement[] = [];
  for (const statement of statements) {
    const read = statement.inputs.flatMap((input) =>
      input.kind === 'statement' ? (done[input.statement] ?? []) : [],
    );
    const along = statement.kind === 'reduce' ? statement.along : undefined;
    const isLate = along === 'outer' || read.some((one) => one.isLate);
    const waits = read.reduce((most, { pass }) => Math.max(most, pass), 0);
    done.push({ ...statement, isLate, pass: along === 'inner' ? waits + 1 : waits });
  }
  return done;
}

/** The statements that are known only when all outer points are done. */
export function lateStatements({
  statements,
}: {
  readonly statements: readonly Statement[];
}): ReadonlySet<number> {
  return new Set(statements.flatMap(({ isLate }, i) => (isLate ? [i] : [])));
}
