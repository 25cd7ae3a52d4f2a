/** A report in a real browser: Debian's Chromium, without a network and without a profile. */
import { accessSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** What stops Chromium from calling home, or from doing more than show a page. */
const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** Throws, rather than skips, where there is no browser: an untested report is not a tested one. */
export function launchChromium(): Promise<Browser> {
  try {
    accessSync(executablePath);
  } catch (error) {
    const advice = 'apt-get install --no-install-recommends chromium, or set CHROMIUM to its path';
    throw new Error(`no browser at ${executablePath}: ${advice}`, { cause: error });
  }
  return chromium.launch({ executablePath, args: quiet });
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Console errors, warnings and uncaught exceptions, as they come. */
  readonly complaints: readonly string[];
  /** Every address that was asked for. */
  readonly requests: readonly string[];
  readonly address: string;
}

/** Writes the page to a file and opens that, as a reader would. */
export async function openPage(
  browser: Browser,
  html: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const folder = await mkdtemp(join(tmpdir(), 'basepoint-page-'));
  const file = join(folder, 'report.html');
  await writeFile(file, html);
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  const address = `file://${file}`;
  await page.goto(address);
  const close = async () => {
    await context.close();
    await rm(folder, { recursive: true });
  };
  return { page, complaints, requests, address, [Symbol.asyncDispose]: close };
}
