/** Debian's package chromium: apt-get install -y --no-install-recommends chromium */
export const executablePath = process.env['PULLBACK_CHROMIUM'] ?? '/usr/bin/chromium';

/** The last two give WebGPU a software adapter, which chromium brings. */
export const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** What a server must send so that its pages are cross-origin isolated: only those have SharedArrayBuffer, and threads. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
