/** Numbers as a curve of `height` lines, the last one at the right, with the least and the largest beside it. */
export function curve(title: string, numbers: readonly number[], height = 6): string {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const blocks = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
  const lines = Array.from({ length: height }, (_, line) => {
    const below = height - 1 - line;
    const cells = numbers.map((x) => {
      const filled = high > low ? ((x - low) / (high - low)) * (8 * height - 1) + 1 : 1;
      return (blocks[Math.min(8, Math.max(0, Math.round(filled - 8 * below)))] ?? ' ').repeat(3);
    });
    const mark = line === 0 ? high : line === height - 1 ? low : undefined;
    return `${(mark?.toPrecision(4) ?? '').padStart(9)} ${cells.join('')}`;
  });
  return `${title}\n${lines.join('\n')}`;
}

/** The number behind an option such as `--epochs 3`. */
export function numberOf(option: string, otherwise: number): number {
  const place = process.argv.indexOf(option);
  const given = place < 0 ? Number.NaN : Number(process.argv[place + 1]);
  return Number.isFinite(given) ? given : otherwise;
}

/** Seconds since the program began, on the clock and of the processors. */
export function timeTaken(): string {
  const { user, system } = process.cpuUsage();
  return `${(performance.now() / 1000).toFixed(0)} s, ${((user + system) / 1e6).toFixed(0)} s of processor time`;
}
