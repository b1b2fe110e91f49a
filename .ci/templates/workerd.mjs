// Prints where the program of the package workerd lies, which its command starts as a child: who ends the command would leave it behind.
import { existsSync } from 'node:fs';

const { platform, arch } = process;
const name = `@cloudflare/workerd-${platform}-${arch === 'x64' ? '64' : arch}`;
const program = `${process.cwd()}/node_modules/${name}/bin/workerd`;
if (!existsSync(program)) throw new Error(`no ${program}`);
console.log(program);
