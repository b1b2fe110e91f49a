import { createInterface } from 'node:readline/promises';

/** The answer to a question on a terminal; `usual` for none, and where nobody can be asked. */
export async function asked(question: string, usual: string): Promise<string> {
  if (!process.stdin.isTTY) return usual;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question}(${usual}) `);
  terminal.close();
  return answer.trim() || usual;
}
