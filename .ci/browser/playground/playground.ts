import { chromium, type Page } from 'playwright';
import { expect, onTestFinished } from 'vitest';
import { executablePath, flags } from '../chromium.ts';
import { serve } from './serve.ts';

export interface Opening {
  /** The address of a page that is served already; the built one is served when it is left out. */
  readonly url?: string;
  /** What stands behind its address, and so which problem is shown: XOR when it is left out. */
  readonly hash?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly dark?: boolean;
  /** Without, the browser has WebGPU and no adapter. */
  readonly adapter?: boolean;
}

/** The page in a browser of its own, as a visitor uses it. It is closed when the test is over, which then fails for any error of the page. */
export class Playground {
  readonly #complaints: string[] = [];
  readonly warnings: string[] = [];
  /** Complaints of the browser that the test provokes. */
  expected = /^$/;

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.#complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#complaints.push(message.text());
      if (message.type() === 'warning') this.warnings.push(message.text());
    });
  }

  static async open({
    url,
    hash = '#problem=xor',
    headers = {},
    viewport,
    dark = false,
    adapter = true,
  }: Opening = {}) {
    const server = url === undefined ? await serve(headers) : { url, close: () => undefined };
    const args = flags.filter((flag) => adapter || !flag.includes('webgpu'));
    const browser = await chromium.launch({ executablePath, args });
    const page = await browser.newPage({
      viewport: viewport ?? { width: 1200, height: 900 },
      colorScheme: dark ? 'dark' : 'light',
    });
    const playground = new Playground(page);
    onTestFinished(async () => {
      await browser.close();
      server.close();
      expect(playground.#complaints.filter((text) => !playground.expected.test(text))).toEqual([]);
    });
    await page.addInitScript(() => {
      const durations: number[] = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) durations.push(duration);
      }).observe({ type: 'longtask', buffered: true });
      Reflect.set(globalThis, 'longTasks', durations);
    });
    await page.goto(server.url + hash);
    await playground.says(/^Ready/);
    await page.waitForSelector('#machine li');
    return playground;
  }

  /** Waits for the status to say so. @returns the whole of it. */
  async says(what: RegExp, timeout = 60_000): Promise<string> {
    const status = this.page.locator('#status');
    await status.filter({ hasText: what }).waitFor({ timeout });
    return (await status.textContent()) ?? '';
  }

  async text(id: string): Promise<string> {
    return (await this.page.locator(`#${id}`).textContent())?.trim() ?? '';
  }

  async number(id: string): Promise<number> {
    return Number((await this.text(id)).replace(/[,%\s]/g, ''));
  }

  async train(): Promise<void> {
    await this.page.click('#train');
  }

  async choose(name: 'backend' | 'problem', value: string): Promise<void> {
    // The dots of the problems are covered by their names.
    await this.page.locator(`input[name=${name}][value=${value}]`).check({ force: true });
  }

  async reachesStep(step: number): Promise<void> {
    await expect
      .poll(() => this.number('figure-step'), { timeout: 60_000, interval: 20 })
      .toBeGreaterThan(step);
  }

  /** The outputs for the four patterns. */
  async outputs(): Promise<number[]> {
    return (await this.page.locator('#outputs td:last-child').allTextContents()).map(Number);
  }

  /** How many different colours a canvas shows. */
  coloursOf(id: string): Promise<number> {
    return this.page.locator(`#${id}`).evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return 0;
      const { data = [] } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {};
      return new Set(new Uint32Array(Uint8ClampedArray.from(data).buffer)).size;
    });
  }

  longTasks(): Promise<number[]> {
    return this.page.evaluate(() => Array.from(Reflect.get(globalThis, 'longTasks')));
  }
}
