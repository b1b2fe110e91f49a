import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Playground } from './playground.ts';

const shot = (name: string) => fileURLToPath(new URL(`shots/${name}.png`, import.meta.url));

for (const dark of [false, true])
  for (const width of [320, 390, 1200])
    test(`${dark ? 'dark' : 'light'}, ${width} wide: nothing sticks out, and texts stand out from what is behind them`, async () => {
      const playground = await Playground.open({ dark, viewport: { width, height: 844 } });
      const { page } = playground;
      await playground.train();
      await playground.says(/^Done/);
      await page.fill('#activation', 'tanh(x');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.screenshot({ path: shot(`xor-${dark ? 'dark' : 'light'}-${width}`), fullPage: true });
      const contrasts = await page.evaluate(measureContrasts);
      expect(contrasts.length).toBeGreaterThan(30);
      // WCAG 2.2, 1.4.3; of what is switched off it asks for nothing
      for (const { text, contrast } of contrasts) expect(contrast, text).toBeGreaterThan(4.5);
    });

/** Runs in the page: the contrast of every text with the first opaque background behind it. */
function measureContrasts() {
  const numbers = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = numbers(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return numbers(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
  };
  return Array.from(document.querySelectorAll('body *')).flatMap((element) => {
    const text = Array.from(element.childNodes)
      .map((node) => (node.nodeType === Node.TEXT_NODE ? (node.textContent ?? '').trim() : ''))
      .join('');
    const off = element.matches(':disabled, :disabled *, label:has(:disabled) *, .unseen, script, option');
    if (text === '' || off || element.getClientRects().length === 0) return [];
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    return [{ text, contrast: (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) }];
  });
}

describe('without a mouse', () => {
  test('everything is reached by Tab, can be seen to be, and Space trains', async () => {
    const playground = await Playground.open({ adapter: false });
    const { page } = playground;
    const reached: string[] = [];
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      const { name, outline } = await page.evaluate(() => {
        let focused = document.activeElement;
        while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
        if (!(focused instanceof HTMLElement) || focused === document.body) return { name: '', outline: '' };
        // The dot of a problem is unseen: its name shows the focus.
        const seen = focused.matches('.segments input') ? focused.nextElementSibling : focused;
        return {
          name:
            focused.id ||
            focused.getAttribute('aria-label') ||
            focused.getAttribute('value') ||
            focused.textContent ||
            focused.tagName,
          outline: seen === null ? 'none' : getComputedStyle(seen).outlineStyle,
        };
      });
      if (name === '' || reached.includes(name)) break;
      expect(outline, name).not.toBe('none');
      reached.push(name);
    }
    expect(reached).toEqual(
      expect.arrayContaining(['xor', 'train', 'again', 'activation', 'use', 'auto', 'rate']),
    );
    await page.focus('#train');
    await page.keyboard.press('Space');
    await playground.reachesStep(5);
    await page.focus('input[name=backend][value=auto]');
    await page.keyboard.press('ArrowDown');
    await playground.says(/Moved to wasm|Done/);
    await page.focus('input[name=problem][value=xor]');
    await page.keyboard.press('ArrowRight');
    await playground.says(/Training on wasm|Ready on wasm/);
    expect(await page.locator('#mnist-section').isVisible()).toBe(true);
  });

  test('every control has a name, and every picture one that says what it shows', async () => {
    const playground = await Playground.open();
    await playground.train();
    await playground.says(/^Done/);
    const { page } = playground;
    const nameless = await page.evaluate(() =>
      Array.from(document.querySelectorAll('input, select, button, [role=img]'))
        .filter((element) => {
          const labels =
            element instanceof HTMLInputElement || element instanceof HTMLSelectElement
              ? element.labels
              : null;
          const name = element.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? element.textContent;
          return (name ?? '').trim() === '';
        })
        .map(({ outerHTML }) => outerHTML),
    );
    expect(nameless).toEqual([]);
    expect(await page.locator('#loss').getAttribute('aria-label')).toMatch(
      /from 0\.\d+ to 0\.0\d+ after \d+ steps/,
    );
    expect(await page.locator('#surface').getAttribute('aria-label')).toMatch(/at 00, 01, 10, 11 it is 0\.0/);
  });
});
