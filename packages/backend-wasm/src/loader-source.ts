/** The loader of an exported module, without this framework: an ECMAScript module as text, to be written beside the code. */
export const loader = `const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array, uint8: Uint8Array };

/**
 * @param {BufferSource | Response | Promise<Response>} source the exported code, or a response with it
 * @returns {Promise<{ inputs, outputs, run(values, times): Record<string, TypedArray>, read(name): TypedArray }>}
 */
export async function load(source) {
  const given = await source;
  const code = typeof given.arrayBuffer === 'function' ? await given.arrayBuffer() : given;
  const module = await WebAssembly.compile(code);
  const [section] = WebAssembly.Module.customSections(module, 'pullback');
  const { inputs, outputs, state } = JSON.parse(new TextDecoder().decode(section));
  const { exports } = await WebAssembly.instantiate(module, {});
  const view = ({ shape, dtype, address }) =>
    new arrays[dtype](exports.memory.buffer, address, shape.reduce((n, extent) => n * extent, 1));
  const all = [...inputs, ...outputs, ...state];
  const find = (name) => {
    const found = all.find((tensor) => tensor.name === name);
    if (!found) throw new Error('no tensor is called ' + name + '; there are ' + all.map((tensor) => tensor.name).join(', '));
    return found;
  };
  return {
    inputs,
    outputs,
    /** The numbers that a tensor holds now, copied. */
    read: (name) => view(find(name)).slice(),
    /** Runs it, several times if asked, on new values of some inputs; gives a copy of every output. */
    run(values = {}, times = 1) {
      for (const [name, data] of Object.entries(values)) {
        const own = view(find(name));
        if (own.length !== data.length) throw new Error(name + ' has ' + own.length + ' elements, and got ' + data.length);
        own.set(data);
      }
      if (times > 0) exports.run(times);
      return Object.fromEntries(outputs.map((output) => [output.name, view(output).slice()]));
    },
  };
}
`;
