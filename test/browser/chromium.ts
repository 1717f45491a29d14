import chromium from '@sparticuz/chromium';
import puppeteer, { type Browser } from 'puppeteer-core';

/** A real browser without a screen, or the reason why there is none here. */
export async function launchChromium(): Promise<{ browser: Browser } | { reason: string }> {
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
