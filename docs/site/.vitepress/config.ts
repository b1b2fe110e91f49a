import { defineConfig } from 'vitepress';

const page = (text: string, link: string) => ({ text, link });

// The pages are those of docs/, as they are: code in them is code of the repository, and the tests run it.
export default defineConfig({
  title: 'Pullback',
  description: 'Neural networks as graphs of differentiable nodes',
  srcDir: 'pages', // made by pages.mjs
  outDir: 'dist',
  markdown: { lineNumbers: false },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: [
      {
        text: 'Use it',
        items: [
          page('Getting started', '/getting-started'),
          page('Training', '/training'),
          page('Graphs', '/graphs'),
          page('Sequences', '/sequences'),
          page('Mathematics', '/mathematics'),
          page('Fine-tuning', '/fine-tuning'),
          page('ONNX', '/onnx'),
          page('Many machines', '/distributed'),
        ],
      },
      {
        text: 'See it',
        items: [page('The inspector', '/inspector'), page('Pictures of a training', '/plots')],
      },
      {
        text: 'Understand it',
        items: [
          page('Backpropagation, equation by equation', '/backpropagation'),
          page('Glossary', '/glossary'),
          page('PDP 1986', '/pdp-1986'),
          page('Architecture', '/architecture'),
          page('Reference', '/reference'),
          page('Benchmarks', '/benchmarks'),
          page('WebGPU', '/webgpu'),
        ],
      },
    ],
  },
});
