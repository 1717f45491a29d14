import type { Page } from 'puppeteer-core';
import { type BenchReport, renderBenchHtml } from 'tensorrt-node/bench';
import { describe, expect, it } from 'vitest';
import { cellOf, latencies, reportOf } from '../unit/bench-fixtures.js';
import { matrixReport } from './bench-reports.js';
import { useTab } from './chromium.js';

const tab = useTab(1280, 900);

const pair = matrixReport({
  ...{ runtimes: ['onnxruntime:cpu'], precisions: ['fp32', 'int8'], batches: [8], lengths: [128] },
});
const onGpu = matrixReport({
  ...{ runtimes: ['tensorrt', 'onnxruntime:cpu'], precisions: ['fp32', 'fp16', 'int8'] },
  ...{ batches: [1, 4, 16], lengths: [64, 128], gpu: 'Tesla T4', count: 200 },
});

async function open(report: BenchReport, baseline?: BenchReport): Promise<Page> {
  await tab.show(await renderBenchHtml(report, { baseline }));
  return tab.page;
}

const texts = (selector: string) =>
  tab.page.$$eval(selector, (elements) => elements.map(({ textContent }) => textContent ?? ''));
const text = (selector: string) =>
  tab.page.$eval(selector, (element) => (element as HTMLElement).innerText);
const count = async (selector: string) => (await tab.page.$$(selector)).length;
/** Lets charts be drawn that wait for the next frame. */
const nextFrames = () =>
  tab.page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );

describe('a bench report', () => {
  it('needs no network and says what was measured where and how', async () => {
    await open(pair);
    expect(tab.requests).toHaveLength(1);
    expect(await tab.page.title()).toBe('bert.onnx – bench');
    expect(await text('.setting')).toMatch(
      /Xeon[\s\S]*onnxruntime 1\.30\.0[\s\S]*200 ms of warm-up[\s\S]*2 cells/,
    );
  });

  it('answers first whether it is faster', async () => {
    await open(pair);
    // Made up to compute 3 times as fast, but for a quarter of a millisecond of either.
    expect(await text('.headline b')).toMatch(/^3\.\d\d×$/);
    expect(await text('.headline .claim')).toBe('INT8 is faster than FP32');
    expect(await text('.headline .quiet')).toMatch(/At 8 × 128: .* inferences a second, median/);
  });

  it('says how fast it is where there is one cell', async () => {
    await open(reportOf([cellOf(latencies(1))]));
    expect(await texts('.headline .claim')).toEqual([
      'inferences a second',
      'median latency',
      'p99 latency',
    ]);
    expect(await texts('nav a')).toEqual(['Cells', 'Latency', 'Where the time goes', 'Over time']);
    expect(await count('#latency-chart .mark')).toBe(4);
  });

  it('has sections for what was measured alone', async () => {
    await open(onGpu);
    expect(await texts('nav a')).toEqual([
      ...['Warnings', 'Cells', 'Latency', 'Where the time goes', 'Over time'],
      ...['Throughput and latency', 'Batch and length', 'Cost', 'What limits it'],
    ]);
  });

  it('shows each warning once, and why a cell was not measured', async () => {
    const [first, ...others] = pair.cells;
    const broken = { ...first, result: undefined, problem: 'The process ended by SIGSEGV.' };
    await open({ ...pair, cells: [broken as (typeof pair.cells)[0], ...others] });
    expect(await texts('.warnings li')).toEqual([
      expect.stringContaining('Give samples or a table'),
      expect.stringMatching(/Not measured: The process ended by SIGSEGV\. 8x128 fp32/),
    ]);
    expect(await text('.problem')).toBe('The process ended by SIGSEGV.');
    expect(await count('#cell-rows input')).toBe(1);
  });

  it('shows warnings that differ in their figures as one, with those of each below', async () => {
    const cells = pair.cells.map((cell, index) => {
      const message = `Times vary by ${index + 3}.5 %.`;
      const result = cell.result && {
        ...cell.result,
        warnings: [{ code: 'unstable' as const, message }],
      };
      return { ...cell, result };
    });
    await open({ ...pair, cells });
    expect(await texts('.warnings > li')).toHaveLength(1);
    expect(await texts('.warnings details li')).toEqual([
      '8x128 fp32 onnxruntime:cpu: Times vary by 3.5 %.',
      '8x128 int8 onnxruntime:cpu: Times vary by 4.5 %.',
    ]);
  });

  it('says what was done to a model once, and which inferences failed', async () => {
    const cells = pair.cells.map((cell) => ({ ...cell, notes: ['Ranges of 8 random inputs.'] }));
    const [first, second] = cells as [(typeof cells)[0], (typeof cells)[0]];
    const result = first.result && { ...first.result, failures: 2, unserved: 40 };
    await open({ ...pair, cells: [{ ...first, result }, second] });
    expect(await texts('#cells .made li')).toEqual(['Ranges of 8 random inputs. every cell']);
    const column = (await texts('#cell-head th')).indexOf('failed');
    expect(await texts(`#cell-rows td:nth-child(${column + 1})`)).toEqual(['42', '–']);
  });

  it('opens where nothing at all was measured', async () => {
    const cells = pair.cells.map((cell) => ({ ...cell, result: undefined, problem: 'no GPU' }));
    await open({ ...pair, cells });
    expect(await texts('nav a')).toEqual(['Warnings', 'Cells']);
  });

  it('shows names as they are, whatever is in them', async () => {
    const evil = '</script><img src=x onerror=alert(1)>';
    const cell = { ...cellOf(latencies(1)), name: evil };
    await open({ ...reportOf([cell]), model: { name: evil, bytes: 1, sha256: 'ab' } });
    expect(await tab.page.$('img')).toBeNull();
    expect(await text('#cell-rows th')).toContain(evil);
  });

  it('goes from light to dark', async () => {
    await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    const page = await open(pair);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.click('#theme');
    expect(await background()).not.toBe(light);
  });
});

describe('the table of cells', () => {
  const medians = async () => {
    const head = await texts('#cell-head th');
    const cells = await texts(`#cell-rows td:nth-child(${head.indexOf('median') + 1})`);
    return cells.map((figure) => Number(figure.replaceAll(',', '')));
  };
  const sortBy = (name: string) =>
    tab.page.evaluate((wanted) => {
      const buttons = [...document.querySelectorAll<HTMLElement>('.sort')];
      buttons.find(({ textContent }) => textContent === wanted)?.click();
    }, name);

  it('has the figures of each, and columns that have something', async () => {
    await open(onGpu);
    expect(await texts('#cell-head th')).toEqual([
      ...['Cell', 'samples/s', 'median', 'p90', 'p99', 'p99.9', 'variation'],
      ...['enqueue', 'H2D', 'compute', 'D2H', 'host memory', 'device memory'],
      ...['W', 'J/million', 'price/million'],
    ]);
    const [first] = onGpu.cells;
    const shown = (await medians())[0];
    expect(shown).toBeCloseTo(first?.result?.latency.median ?? 0, 3);
  });

  it('is sorted either way', async () => {
    await open(onGpu);
    const before = await medians();
    await sortBy('median');
    expect(await medians()).toEqual(before.toSorted((a, b) => a - b));
    await sortBy('median');
    expect(await medians()).toEqual(before.toSorted((a, b) => b - a));
    expect(await count('th[aria-sort=descending]')).toBe(1);
  });

  it('is searched', async () => {
    await open(onGpu);
    await tab.page.type('#cell-search', '16x64 tensorrt');
    expect(await texts('#cell-rows .name')).toEqual([
      ...['16x64 fp32 tensorrt', '16x64 fp16 tensorrt', '16x64 int8 tensorrt'],
    ]);
    expect(await text('#cell-count')).toBe('3 of 36 cells');
  });

  it('chooses what the charts show', async () => {
    await open(pair);
    const names = () => texts('#latency .legend li');
    expect(await names()).toEqual(['8x128 fp32 onnxruntime:cpu', '8x128 int8 onnxruntime:cpu']);
    await tab.page.click('#cell-rows tr:first-child input');
    expect(await names()).toEqual(['8x128 int8 onnxruntime:cpu']);
    expect(await count('#time-chart .dots')).toBe(1);
    expect(await texts('#parts-chart .row-name')).toEqual(['8x128 int8 onnxruntime:cpu']);
    await tab.page.click('#cell-rows tr:last-child input');
    expect(await text('#latency p.quiet')).toMatch(/Choose cells/);
  });

  it('holds eight cells apart and lets the first go', async () => {
    const page = await open(onGpu);
    await page.$$eval('#cell-rows input:not(:checked)', (boxes) => {
      for (const box of boxes.slice(0, 10)) (box as HTMLElement).click();
    });
    expect(await count('#cell-rows input:checked')).toBe(8);
    expect(await count('#latency .legend li')).toBe(8);
    // Those of one series do not look alike.
    const looks = await page.$$eval('#latency .legend line', (lines) =>
      lines.map((line) => line.getAttribute('class')),
    );
    expect(new Set(looks).size).toBe(8);
  });
});

describe('the charts of a bench report', () => {
  it('draw the histogram, or the share that took longer, with either axis', async () => {
    const page = await open(pair);
    const line = () => page.$eval('#latency-chart .curve', (path) => path.getAttribute('d'));
    const histogram = await line();
    await page.select('#latency-scale', 'linear');
    const linear = await line();
    await page.select('#latency-shape', 'cumulative');
    expect(new Set([histogram, linear, await line()]).size).toBe(3);
    expect(await texts('#latency-chart .tick')).toEqual(
      expect.arrayContaining(['100 %', '10 %', '1 %']),
    );
  });

  it('mark the median where it is', async () => {
    const page = await open(reportOf([cellOf(latencies(3, { count: 400 }))]));
    await page.select('#latency-scale', 'linear');
    const ticks = await page.$$eval('#latency-chart text.tick', (labels) =>
      labels
        .filter((label) => /^[\d.]+$/.test(label.textContent ?? ''))
        .map((label) => [Number(label.textContent), Number(label.getAttribute('x'))] as const),
    );
    const [[low, lowX] = [0, 0], [high, highX] = [0, 0]] = [ticks[0], ticks[1]];
    const at = await page.$eval('#latency-chart .mark.median', (mark) =>
      Number(mark.getAttribute('cx')),
    );
    const median = low + ((at - lowX) / (highX - lowX)) * (high - low);
    expect(median).toBeCloseTo(
      reportOf([cellOf(latencies(3, { count: 400 }))]).cells[0]?.result?.latency.median ?? 0,
      2,
    );
  });

  it('stack parts that add up to the mean', async () => {
    const page = await open(onGpu);
    const widths = await page.$$eval('#parts-chart rect:not(.enqueue)', (bars) =>
      bars
        .filter((bar) => bar.getAttribute('y') === '20')
        .map((bar) => Number(bar.getAttribute('width'))),
    );
    const total = widths.reduce((sum, width) => sum + width, 0);
    const place = await page.$eval('#parts-chart', ({ clientWidth }) => clientWidth);
    // Bars narrower than half a pixel are drawn half a pixel wide.
    expect(Math.abs(total - (place - 86))).toBeLessThan(2);
  });

  it('tell figures to the pointer and to the keyboard', async () => {
    const page = await open(onGpu);
    await page.hover('#curves-chart .point:not(.tail)');
    expect(await text('#tip')).toMatch(
      /x64 fp32 tensorrt\smedian [\d.,]+ ms at [\d.,]+ samples\/s/,
    );
    await page.$eval('#curves-chart [tabindex="0"]', (mark) => (mark as SVGElement).focus());
    const first = await text('#tip');
    await page.keyboard.press('ArrowRight');
    expect(await text('#tip')).not.toBe(first);
    expect(await count('#curves-chart [tabindex="0"]')).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.$eval('#tip', (tip) => (tip as HTMLElement).hidden)).toBe(true);
  });

  it('draw a line for each series, at the length that is chosen', async () => {
    const page = await open(onGpu);
    expect(await count('#curves-chart .curve:not(.tail)')).toBe(6);
    expect(await count('#curves-chart .point:not(.tail)')).toBe(18);
    const before = await page.$eval('#curves-chart .curve', (path) => path.getAttribute('d'));
    await page.select('#curves-tools select', '128');
    expect(await page.$eval('#curves-chart .curve', (path) => path.getAttribute('d'))).not.toBe(
      before,
    );
    await page.click('#curves-legend button');
    expect(await count('#curves-chart .curve:not(.tail)')).toBe(5);
  });

  it('draw open loops along the rate of arrivals', async () => {
    await open(
      matrixReport({
        ...{ runtimes: ['tensorrt'], precisions: ['int8'], batches: [8], lengths: [128] },
        ...{ rates: [50, 100, 200], count: 100 },
      }),
    );
    expect(await texts('#curves-chart .tick')).toEqual(
      expect.arrayContaining(['50', '100', '200']),
    );
    expect(await count('#curves-chart .point:not(.tail)')).toBe(3);
    expect(await text('#curves p')).toContain('beside the points are arrivals a second');
    expect(await texts('#parts-legend li')).toContain('queue');
  });

  it('shade the best of the matrix deepest, whatever is shown', async () => {
    const page = await open(onGpu);
    const deepest = () => texts('#matrix .heat9');
    const all = onGpu.cells.flatMap(({ result }) => result ?? []);
    const most = Math.max(...all.map(({ samplesPerSecond = 0 }) => samplesPerSecond));
    const shown = (await deepest()).map((figure) => Number(figure.replaceAll(',', '')));
    expect(Math.max(...shown)).toBeCloseTo(most, -1);
    await page.select('#matrix-measure', 'median');
    const least = Math.min(...all.map(({ latency }) => latency.median));
    expect(Math.min(...(await deepest()).map(Number))).toBeCloseTo(least, 3);
  });

  it('hold cells under the roof of the GPU, and only reached figures of a CPU', async () => {
    await open(onGpu);
    expect(await texts('#roofline-chart .tick')).toEqual(
      expect.arrayContaining(['INT8: 130 T/s', 'FP16: 65 T/s', 'FP32: 8.1 T/s']),
    );
    expect(await count('#roofline-chart .point')).toBe(18);
    expect((await texts('#roofline-hints li')).join()).toMatch(/Compute bound: .* of the T4/);
    await open(pair);
    expect(await count('#roofline-chart .roof')).toBe(0);
    expect(await text('#roofline')).toMatch(/No published figures[\s\S]*[\d.]+ [GT]OP\/s/);
  });

  it('show what has changed since an older report', async () => {
    const older = matrixReport(
      {
        ...{ runtimes: ['onnxruntime:cpu'], precisions: ['fp32', 'int8'] },
        ...{ batches: [8], lengths: [128] },
      },
      1.3,
    );
    await open(pair, older);
    expect(await texts('#changes .tag')).toEqual(['faster', 'faster']);
    expect(await text('#changes p')).toMatch(/^2 cells compared: 2 faster/);
    expect(await count('#changes-chart .interval.faster')).toBe(2);
  });

  it('fit narrow screens and go with the width', async () => {
    const page = await open(onGpu);
    for (const width of [390, 900]) {
      await page.setViewport({ width, height: 900 });
      await nextFrames();
      const sizes = await page.$$eval('svg.chart', (charts) =>
        charts.map((chart) => [
          Number(chart.getAttribute('viewBox')?.split(' ')[2]),
          chart.parentElement?.clientWidth ?? 0,
        ]),
      );
      for (const [drawn = 0, room = 0] of sizes) expect(drawn).toBe(Math.max(300, room));
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
  });

  it.each([1280, 390])('have labels that do not lie on each other, %i wide', async (width) => {
    await tab.page.setViewport({ width, height: 900 });
    const page = await open(onGpu);
    const overlaps = await page.$$eval('svg.chart', (charts) =>
      charts.flatMap((chart) => {
        const boxes = [...chart.querySelectorAll('text')].map((label) => ({
          text: label.textContent,
          box: label.getBoundingClientRect(),
        }));
        return boxes.flatMap((a, index) =>
          boxes
            .slice(index + 1)
            .filter(
              (b) =>
                a.box.left < b.box.right - 1 &&
                b.box.left < a.box.right - 1 &&
                a.box.top < b.box.bottom - 3 &&
                b.box.top < a.box.bottom - 3,
            )
            .map((b) => `${chart.getAttribute('aria-label')}: ${a.text} on ${b.text}`),
        );
      }),
    );
    expect(overlaps).toEqual([]);
  });

  it('are drawn for 200 cells', async () => {
    await open(
      matrixReport({
        runtimes: ['tensorrt', 'onnxruntime:cpu'],
        precisions: ['fp32', 'fp16', 'int8', 'int8+fp16'],
        batches: [1, 4, 16, 32, 64],
        lengths: [32, 64, 128, 256, 512],
        ...{ gpu: 'NVIDIA H100 80GB HBM3', gpuSpeed: 15, count: 100 },
      }),
    );
    expect(await count('#cell-rows tr')).toBe(200);
    expect(await count('#matrix td:not(.none)')).toBe(200);
    expect(await text('#cell-count')).toBe('200 cells');
  });
});
