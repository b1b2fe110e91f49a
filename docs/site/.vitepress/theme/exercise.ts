import { defineComponent, h, ref } from 'vue';

const starts: Readonly<Record<string, string>> = {
  product: '(g, { inputs: [x, w] }) => [g, g]',
  bias: '(g, { inputs: [z, b] }) => [g, g]',
  softmax: '(g, { output: y }) => [g]',
  squaredError: '(g, { inputs: [x, t] }) => [g]',
  crossEntropy: '(g, { inputs: [z, t] }) => [g]',
};

/** A field for the answer to an exercise, and the conformance kit's word on it. The kit is loaded when it is asked. */
export const Exercise = defineComponent({
  props: { name: { type: String, required: true } },
  setup({ name }) {
    const code = ref(starts[name] ?? '(g, { output: x }) => [g]');
    const said = ref('');
    const check = async () => {
      said.value = '…';
      const { graded } = await import('./graded.ts');
      said.value = await graded(name, code.value);
    };
    return () =>
      h('div', { class: 'exercise' }, [
        h('textarea', {
          value: code.value,
          rows: 3,
          spellcheck: false,
          'aria-label': `J^T g of ${name}`,
          onInput: ({ target }: { target: HTMLTextAreaElement }) => {
            code.value = target.value;
          },
        }),
        h('button', { type: 'button', onClick: check }, 'Grade'),
        h('pre', { role: 'status' }, said.value),
      ]);
  },
});
