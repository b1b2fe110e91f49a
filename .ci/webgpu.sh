#!/usr/bin/env bash
# All tests that need a WebGPU adapter, in Node and in Chromium, on the software adapter that Debian's chromium brings. Fails where they cannot run.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -x "${PULLBACK_CHROMIUM:-/usr/bin/chromium}" ]; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium libvulkan1
fi
timeout 480 npm run -s test:webgpu -- --reporter=dot
