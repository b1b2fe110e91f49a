import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The page as it would be put on a static host. */
export default function build(): void {
  const cwd = fileURLToPath(new URL('../../../examples/playground', import.meta.url));
  execFileSync('npm', ['run', '-s', 'build', '--', '--logLevel', 'error'], { cwd, stdio: 'inherit' });
}
