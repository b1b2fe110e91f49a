import type { Statement } from './kernel.ts';

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
