import { fileURLToPath } from 'node:url';

/** What tests compile is kept between runs, apart from what the user has. */
export const cache = fileURLToPath(new URL('../node_modules/.cache/native', import.meta.url));
