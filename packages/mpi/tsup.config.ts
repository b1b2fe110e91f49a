import base from '../tsup.base.ts';

// Deno knows the modules of Node by their whole names.
export default { ...base, platform: 'node', removeNodeProtocol: false };
