import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import chromium from '@sparticuz/chromium';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';

/** A real browser without a screen, or the reason why there is none here. */
async function launchChromium(): Promise<{ browser: Browser } | { reason: string }> {
  try {
    const executablePath = await chromium.executablePath();
    const browser = await puppeteer.launch({
      args: [...chromium.args, '--disable-gpu'],
      executablePath,
      headless: 'shell',
      timeout: 120_000,
    });
    return { browser };
  } catch (error) {
    return { reason: `Chromium does not start here: ${(error as Error).message.split('\n')[0]}` };
  }
}

/**
 * Gives each test of a file a new tab, and fails those whose page wrote to the console. Skips them all
 * where no browser starts.
 */
export function useTab(width: number, height: number) {
  const tab = {
    page: undefined as unknown as Page,
    /** What the page has asked for. */
    requests: [] as string[],
    async show(html: string): Promise<void> {
      const path = `${folder}/page.html`;
      await writeFile(path, html);
      await tab.page.goto(pathToFileURL(path).href);
    },
  };
  let launched: Awaited<ReturnType<typeof launchChromium>>;
  let folder: string;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(`${tmpdir()}/page-`);
    launched = await launchChromium();
  });
  afterAll(async () => {
    if ('browser' in launched) await launched.browser.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async (context) => {
    if ('reason' in launched) return context.skip(launched.reason);
    const page = await launched.browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.setViewport({ width, height });
    complaints = [];
    tab.requests = [];
    page.on('pageerror', (error) => complaints.push(`${error}`));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('request', (request) => tab.requests.push(request.url()));
    tab.page = page;
  });
  afterEach(async () => {
    if ('reason' in launched) return;
    expect(complaints).toEqual([]);
    await tab.page.close();
  });
  return tab;
}
