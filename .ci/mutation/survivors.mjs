// Lists what survived in the last report, one a line.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(new URL('reports/mutation.json', import.meta.url), 'utf8'));
for (const [file, { mutants, source }] of Object.entries(report.files)) {
  const lines = source.split('\n');
  for (const { status, mutatorName, replacement = '', location } of mutants) {
    if (status !== 'Survived' && status !== 'NoCoverage') continue;
    const { line, column } = location.start;
    const text =
      location.end.line === line ? lines[line - 1].slice(column - 1, location.end.column - 1) : '...';
    const name = file.replace('packages/core/src/', '');
    console.log(
      `${name}:${line}:${column} ${mutatorName}: ${text} -> ${replacement.replaceAll(/\s+/g, ' ')}`,
    );
  }
}
