// The sentences of pages that tell a figure somebody measured, counted or bounded: a number with a unit, a decimal, a share, thousands. Code, tables and captions of code are
// left out: tables are listed by their heading.

const units =
  'ms|s|seconds?|minutes?|hours?|µs|ns|bytes|KB|MB|GB|KiB|MiB|GiB|bits|%|times|GFLOP/s|TFLOP/s|steps a second|dispatch(?:es)?|submits?|units|ulps?|files|lines|operations|epochs|characters|kernels';
const figure = new RegExp(
  String.raw`(?<![\w.^-])(\d[\d,]*\.\d+|\d{1,3}(,\d{3})+|\d+(?= ?(?:${units})\b)|\d+%|\d+\^-?\d+)(?![\w.-]*\w)`,
);

const lineBreaks = (text) => text.replace(/[^\n]/g, '');

function plain(text) {
  return (
    text
      .replace(/^ *```[\s\S]*?^ *```|\$\$[\s\S]*?\$\$|<!--[\s\S]*?-->/gm, lineBreaks)
      .replace(/`[^`\n]*`/g, 'CODE')
      .replace(/\$[^$\n]*\$/g, 'CODE')
      // Numbers of equations.
      .replace(/\(\d\.\d+(, \d\.\d+)*\)|^grad[ _].*$/gm, '')
      .replace(/!\[[^\]]*\]\([^)]*\)|<[a-z!/][^>]*>/gi, '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/^\s*\|.*$|^#.*$/gm, '')
      .replaceAll('**', '')
  );
}

/** Sentences with a figure, each on one line. */
export function figuresOf(text) {
  return plain(text)
    .split(/\n\s*\n|\n(?=\s*(?:-|\*|\d+\.) )/)
    .flatMap((block) =>
      block
        .replace(/\s+/g, ' ')
        .trim()
        .split(/(?<=[.!?:;])\s+(?=[A-Z`0-9(])/),
    )
    .filter((sentence) => figure.test(sentence));
}
