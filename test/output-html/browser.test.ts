import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/output/html/report-html.js';
import type { SampleRecord } from '../../src/results/columns.js';
import { readRun } from '../../src/results/run-folder.js';
import { summarise } from '../../src/summarise.js';
import { home } from '../support/context.js';
import { launchChromium, openPage } from './open-page.js';
import { emulatedKvm, syntheticRun, usualCells } from './synthetic-run.js';

const base = syntheticRun(usualCells, { runs: 200 });
const host = { ...base.record.host, kvm: emulatedKvm };
const run = { ...base, record: { ...base.record, host } };
const html = reportHtml(run, summarise(run.record, run.samples));

const ok = run.samples.filter(({ state }) => state === 'ok');
const measured = ok.filter(({ phase }) => phase === 'measure');
const failed = run.samples.filter(({ state }) => state === 'failed');

const ladderDots = '#ladder .dots [data-s]';
const tip = '#tip';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe('the report in a browser', () => {
  it('opens from a file without a complaint and asks for nothing else', async () => {
    await using open = await openPage(browser, html);
    await open.page.hover(ladderDots, { force: true });
    expect(open.complaints).toEqual([]);
    expect(open.requests).toEqual([open.address]);
  });

  it.each([true, false])('draws every chart, scripts allowed: %s', async (javaScriptEnabled) => {
    await using open = await openPage(browser, html, { javaScriptEnabled });
    const count = (selector: string) => open.page.locator(selector).count();
    expect(await count(ladderDots)).toBe(measured.length);
    expect(await count('.order .dot')).toBe(ok.length);
    expect(await count('.order .cross')).toBe(failed.length);
    expect(await count('.ecdf .curve')).toBe(usualCells.length);
    expect(await count('#stages svg.stages')).toBe(usualCells.length);
    expect(await count('.cell svg.stages')).toBe(usualCells.length);
    const curve = await open.page.locator('.ecdf .curve').first().boundingBox();
    expect(curve?.width).toBeGreaterThan(200);
    expect(curve?.height).toBeGreaterThan(100);
  });

  it('gives every curve a colour that is seen, its own', async () => {
    const published = join(home, 'results/published');
    const [name = ''] = (await readdir(published)).filter((one) => one.endsWith('-rate'));
    const rates = await readRun(join(published, name));
    const page = reportHtml(rates, summarise(rates.record, rates.samples));
    await using open = await openPage(browser, page);
    const strokes = await open.page.evaluate<string[]>(
      `[...document.querySelectorAll('#together .plot:first-of-type .curve')].map((one) => getComputedStyle(one).stroke)`,
    );
    expect(strokes.length).toBeGreaterThan(2);
    expect(strokes.every((stroke) => stroke.startsWith('rgb('))).toBe(true);
  });

  it('puts a faster start to the left of a slower one, all of them inside the drawing', async () => {
    await using open = await openPage(browser, html);
    const sorted = measured.toSorted((a, b) => readyOf(a) - readyOf(b));
    const places: number[] = [];
    for (const sample of [sorted[0], sorted[400], sorted.at(-1)]) {
      const box = await dotOf(open.page, sample).boundingBox();
      places.push((box?.x ?? NaN) + (box?.width ?? NaN) / 2);
    }
    const strip = await open.page.locator('svg.strip.dots').first().boundingBox();
    const { x = NaN, width = NaN } = strip ?? {};
    const order = [x, ...places, x + width];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

describe('pointing at a start', () => {
  it('shows its cell, order, round, marks and guest id, and marks it in every chart', async () => {
    await using open = await openPage(browser, html);
    const slowest = measured.toSorted((a, b) => readyOf(b) - readyOf(a))[0];
    await dotOf(open.page, slowest).hover({ force: true });
    const text = await open.page.locator(tip).innerText();
    expect(text).toContain(slowest?.['cell']);
    expect(text).toContain(
      `start ${slowest?.['order'] ?? '?'}, round ${slowest?.['round'] ?? '?'}, measured`,
    );
    for (const column of ['vmm_ready_ms', 'kernel_ms', 'init_ms', 'ready_ms', 'work_ms']) {
      expect(text).toContain(`${slowest?.[column] ?? '?'} ms`);
    }
    expect(text).toContain(slowest?.['guest_id']);
    expect(await open.page.locator('.dot.on').count()).toBe(2);
    await open.page.mouse.move(1, 1);
    expect(await open.page.locator(tip).isVisible()).toBe(false);
    expect(await open.page.locator('.on').count()).toBe(0);
  });

  it('shows the failure and the log of one that failed', async () => {
    await using open = await openPage(browser, html);
    await open.page.locator('.order .cross path').first().hover({ force: true });
    const text = await open.page.locator(tip).innerText();
    expect(text).toContain('failed: QEMU exited with code 1 before mark "ready"');
    expect(text).toContain(`log: logs/restore-tiny-kvm-128M-${failed[0]?.['order'] ?? '?'}.log`);
  });

  it('keeps the tooltip inside the window', async () => {
    await using open = await openPage(browser, html);
    const sorted = measured.toSorted((a, b) => readyOf(a) - readyOf(b));
    for (const [sample, block] of [
      [sorted[0], 'start'],
      [sorted.at(-1), 'end'],
    ] as const) {
      const dot = dotOf(open.page, sample);
      await scrollTo(open.page, sample, block, 0);
      await dot.hover({ force: true });
      const box = await open.page.locator(tip).boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect(box?.y).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? NaN) + (box?.width ?? NaN)).toBeLessThanOrEqual(1200);
      expect((box?.y ?? NaN) + (box?.height ?? NaN)).toBeLessThanOrEqual(900);
    }
  });
});

describe('the keyboard', () => {
  it('reaches a chart by Tab, walks its starts by arrow, and leaves it by one more Tab', async () => {
    await using open = await openPage(browser, html);
    const focused = () =>
      open.page.evaluate<string | null>(`document.activeElement.getAttribute('data-s')`);
    const first = (await open.page.locator(ladderDots).first().getAttribute('data-s')) ?? '';
    for (let stops = 0; (await focused()) === null && stops < 40; stops += 1) {
      await open.page.keyboard.press('Tab');
    }
    expect(await focused()).toBe(first);
    expect(await open.page.locator(tip).innerText()).toContain(orderText(Number(first)));
    await open.page.keyboard.press('ArrowRight');
    const second = await focused();
    expect(second).not.toBe(first);
    expect(await open.page.locator(tip).innerText()).toContain(orderText(Number(second)));
    await open.page.keyboard.press('End');
    expect(run.samples[Number(await focused())]?.['round']).toBe('200');
    await open.page.keyboard.press('Home');
    expect(await focused()).toBe(first);
    await open.page.keyboard.press('Escape');
    expect(await open.page.locator(tip).isVisible()).toBe(false);
    await open.page.keyboard.press('Tab');
    expect(await focused()).toBeNull();
  });
});

describe('a phone', () => {
  const phone = { viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true };

  it('has no sideways scroll, and text that can be read', async () => {
    await using open = await openPage(browser, html, phone);
    await open.page.evaluate(
      `document.querySelectorAll('details').forEach((d) => (d.open = true))`,
    );
    const width = await open.page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(375);
    const size = await open.page.evaluate<number>(
      `Math.min(...[...document.querySelectorAll('svg text')].map((t) => parseFloat(getComputedStyle(t).fontSize)))`,
    );
    expect(size).toBeGreaterThanOrEqual(12);
  });

  it.each([
    ['start', -60],
    ['end', 60],
  ])(
    'shows a start that is tapped at the screen’s %s beside its dot, until something else is',
    async (block, further) => {
      await using open = await openPage(browser, html, phone);
      const dot = dotOf(open.page, measured[0]);
      await scrollTo(open.page, measured[0], block, further);
      await dot.tap({ force: true });
      expect(await open.page.locator(tip).innerText()).toContain('round 1, measured');
      const box = await open.page.locator(tip).boundingBox();
      expect((box?.x ?? NaN) + (box?.width ?? NaN)).toBeLessThanOrEqual(375);
      expect(overlap(box, await dot.boundingBox()), 'the tooltip lies on the dot').toBe(false);
      await open.page.locator('#figures-title').tap();
      expect(await open.page.locator(tip).isVisible()).toBe(false);
    },
  );
});

describe('colour schemes and paper', () => {
  const background = 'getComputedStyle(document.body).backgroundColor';

  it('is dark where the reader’s system is', async () => {
    await using light = await openPage(browser, html, { colorScheme: 'light' });
    await using dark = await openPage(browser, html, { colorScheme: 'dark' });
    expect(await light.page.evaluate<string>(background)).toBe('rgb(255, 255, 255)');
    expect(await dark.page.evaluate<string>(background)).toBe('rgb(20, 24, 28)');
  });

  it('prints on white, unfolded, without what only a pointer could use', async () => {
    await using open = await openPage(browser, html, { colorScheme: 'dark' });
    await open.page.emulateMedia({ media: 'print' });
    expect(await open.page.evaluate<string>(background)).toBe('rgb(255, 255, 255)');
    expect(await open.page.locator('nav').isVisible()).toBe(false);
    await open.page.locator('#figures details table').first().waitFor({ state: 'visible' });
    const folded = await open.page.locator('details:not([open])').count();
    expect(folded, 'not all browsers show what is folded').toBe(0);
    const pdf = await open.page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  });
});

describe('hostile names', () => {
  it('run nothing, also in the tooltip', async () => {
    const evil = '"><img src=x onerror="document.title=1"><script>document.title=2</script>';
    const small = syntheticRun(usualCells.slice(0, 2), { runs: 12 });
    const cells = small.record.cells.map((cell) => ({ ...cell, id: `${cell.tier}/${evil}` }));
    const samples = small.samples.map((sample): SampleRecord => ({
      ...{ ...sample, cell: `${sample['tier'] ?? ''}/${evil}`, guest: evil, guest_id: evil },
      failure: sample['state'] === 'failed' ? evil : '',
    }));
    const record = { ...small.record, runId: evil, cells };
    await using open = await openPage(
      browser,
      reportHtml({ ...small, record, samples }, summarise(record, samples)),
    );
    await open.page.locator(ladderDots).first().hover({ force: true });
    expect(await open.page.locator(tip).innerText()).toContain(evil);
    await open.page.locator('.order .cross path').first().hover({ force: true });
    expect(await open.page.locator(tip).innerText()).toContain(`failed: ${evil}`);
    expect(await open.page.title()).toBe(`${evil}: basepoint report`);
    expect(await open.page.locator('img').count()).toBe(0);
    expect(open.complaints).toEqual([]);
  });
});

interface Box {
  readonly y: number;
  readonly height: number;
}

function overlap(one: Box | null, other: Box | null): boolean {
  if (one === null || other === null) throw new Error('one of them is not shown');
  return one.y < other.y + other.height && other.y < one.y + one.height;
}

function readyOf(sample: SampleRecord): number {
  return Number(sample['ready_ms']);
}

function dotOf(page: Page, sample: SampleRecord | undefined) {
  return page.locator(selectorOf(sample));
}

function selectorOf(sample: SampleRecord | undefined): string {
  const index = run.samples.findIndex((candidate) => candidate === sample);
  return `#ladder [data-s="${index}"]`;
}

/** Puts a sample's dot at the window's start or end, then scrolls on by some px. */
function scrollTo(
  page: Page,
  sample: SampleRecord | undefined,
  block: string,
  further: number,
): Promise<unknown> {
  return page.evaluate(
    `document.querySelector('${selectorOf(sample)}').scrollIntoView({ block: '${block}' }); scrollBy(0, ${further})`,
  );
}

function orderText(index: number): string {
  return `start ${run.samples[index]?.['order'] ?? '?'},`;
}
