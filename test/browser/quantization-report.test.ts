import { type QuantizationReport, renderQuantizationHtml } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import {
  Calibration,
  type CalibrationFields,
} from '../../dist/quantize/calibration/calibration.js';
import { useTab } from './chromium.js';

const tab = useTab(1280, 900);

async function open(report: QuantizationReport): Promise<void> {
  await tab.show(await renderQuantizationHtml(report));
}

/**
 * Tensors t0, t1, ... with the values 1 to 1000, and one value ten times as large for odd ones. From
 * the tenth on they have none.
 */
function calibrationOf(count: number, notes?: ReadonlyMap<string, string>): Calibration {
  const { Histogram } = loadAddon();
  const histograms = Array.from({ length: count }, (_, index) => {
    const values = Float32Array.from({ length: index < 10 ? 1000 : 0 }, (_, value) => value + 1);
    if (index % 2 === 1) values[0] = 10_000;
    if (index === 2) values.set([Number.NaN, Number.NaN, Number.POSITIVE_INFINITY]);
    const histogram = new Histogram();
    histogram.collect(values, 'float32');
    return [`t${index}`, histogram.snapshot()] as const;
  });
  // Its constructor is no part of the types.
  const make = Calibration as unknown as new (fields: CalibrationFields) => Calibration;
  return new make({ model: 'test', samples: 8, histograms: new Map(histograms), notes });
}

const reportOf = (count: number, notes?: ReadonlyMap<string, string>): QuantizationReport => {
  const calibration = calibrationOf(count, notes);
  return { title: 'model.onnx', calibration, table: calibration.table({ percentile: 99.9 }) };
};

const decision = (index: number, action: 'int8' | 'float' = 'int8') => ({
  node: `node_${index}`,
  opType: 'MatMul',
  role: index % 2 === 0 ? 'linear' : 'residual',
  action,
  reason: action === 'int8' ? `constant weight 'w${index}'` : 'options.keepFloat names it',
  ...(action === 'int8' && { amax: { [`t${index % 3}`]: 3.5 } }),
});

const text = (selector: string) =>
  tab.page.$eval(selector, (element) => (element as HTMLElement).innerText);
const texts = (selector: string) =>
  tab.page.$$eval(selector, (elements) => elements.map((element) => element.textContent ?? ''));

describe('the ranges of a report', () => {
  it('need no network, and say what was calibrated', async () => {
    await open(reportOf(3));
    expect(tab.requests).toHaveLength(1);
    expect(await tab.page.title()).toBe('model.onnx');
    expect(await text('.facts')).toMatch(
      /tensors calibrated\s+3\s+samples\s+8\s+ranges\s+percentile 99.9/,
    );
    expect(await texts('nav a')).toEqual(['Ranges']);
  });

  it('show the histogram of a tensor with the range of every method', async () => {
    await open(reportOf(3));
    expect(await tab.page.$eval('.chart', (chart) => chart.getAttribute('aria-label'))).toMatch(
      /^Histogram of \|x\| of t0, up to 1000\. Chosen: .* by percentile 99.9\./,
    );
    expect((await texts('.marker-label')).sort()).toEqual([
      'absmax',
      'chosen: percentile 99.9',
      'entropy',
      'mse',
    ]);
    const rows = await texts('.figures tbody th');
    expect(rows).toEqual([
      'chosen: percentile 99.9',
      'absmax',
      'percentile 99.9',
      'entropy',
      'mse',
    ]);
    const absmax = await texts('.figures tr.absmax td');
    expect(absmax[0]).toBe('1000');
    expect(absmax[2]).toBe('0 %');
    // Half a step of 1000 / 127 is 3.9: the values 1, 2 and 3 of 1000 become 0, and a part of the next bin.
    expect(Number.parseFloat(absmax[3] as string)).toBeCloseTo(0.3, 0);
  });

  it('tell of NaN and infinity, and of what is to be known', async () => {
    await open(reportOf(3, new Map([['t1', 'Padding is in it.']])));
    await tab.page.click('#tensors li:nth-child(3)');
    expect(await text('#tensor')).toMatch(/997 finite values.*⚠ 2 NaN.*⚠ 1 infinite/);
    await tab.page.click('#tensors li:nth-child(2)');
    expect(await text('#tensor')).toContain('⚠ Padding is in it.');
  });

  it('are found by name and by key among 1,000 tensors', async () => {
    await open(reportOf(1000));
    expect(await text('#tensor-count')).toBe('1,000 tensors');
    await tab.page.type('#tensor-search', 'T99');
    expect(await text('#tensor-count')).toBe('11 of 1,000 tensors');
    expect(await text('#tensor h3')).toBe('t99');
    expect(await text('#tensor')).toContain('there is nothing to draw');
    await tab.page.focus('#tensors');
    await tab.page.keyboard.press('ArrowDown');
    expect(await text('#tensor h3')).toBe('t990');
    await tab.page.keyboard.press('End');
    expect(await text('#tensor h3')).toBe('t999');
    const active = await tab.page.$eval('#tensors', (list) => {
      const id = list.getAttribute('aria-activedescendant') ?? '';
      return document.getElementById(id)?.getAttribute('aria-selected');
    });
    expect(active).toBe('true');
  });

  it('are sorted by what is clipped', async () => {
    await open(reportOf(4));
    expect((await texts('#tensors .name'))[0]).toBe('t0');
    await tab.page.select('#tensor-order', 'sqnr');
    expect((await texts('#tensors .name')).slice(0, 2).sort()).toEqual(['t1', 't3']);
  });
});

describe('the nodes of a report', () => {
  it('are filtered by action, role and words', async () => {
    const decisions = [decision(0), decision(1), decision(2, 'float'), decision(3)];
    await open({ title: 'model.onnx', decisions });
    expect(await text('#node-count')).toBe('4 of 4 nodes');
    expect(await texts('#node-action option')).toEqual(['all', 'int8 (3)', 'float (1)']);
    await tab.page.select('#node-action', 'float');
    expect(await texts('#nodes th')).toEqual(['node_2']);
    expect(await text('#nodes')).toContain('options.keepFloat names it');
    await tab.page.select('#node-action', '');
    await tab.page.select('#node-role', 'residual');
    expect(await texts('#nodes th')).toEqual(['node_1', 'node_3']);
    await tab.page.type('#node-search', 'weight w3');
    expect(await texts('#nodes th')).toEqual(['node_3']);
  });

  it('lead to the histograms of their inputs', async () => {
    await open({ ...reportOf(3), decisions: [decision(0), decision(2)] });
    await tab.page.click('#nodes tr:nth-child(2) button');
    expect(await text('#tensor h3')).toBe('t2');
  });

  it('are drawn by the hundred, the rest when it is asked for', async () => {
    const decisions = Array.from({ length: 20_000 }, (_, index) => decision(index));
    await open({ title: 'model.onnx', decisions });
    expect(await texts('#nodes th')).toHaveLength(300);
    await tab.page.type('#node-search', 'node_1999');
    expect(await text('#node-count')).toBe('11 of 20,000 nodes');
    expect(await tab.page.$eval('#node-more', (button) => (button as HTMLElement).hidden)).toBe(
      true,
    );
  });

  it('show names as they are, whatever is in them', async () => {
    const evil = '</script><img src=x onerror=alert(1)>';
    await open({
      title: evil,
      decisions: [{ ...decision(0), node: evil, reason: evil, role: evil }],
    });
    expect(await tab.page.title()).toBe(evil);
    expect(await tab.page.$('img')).toBeNull();
    expect(await texts('#nodes th')).toEqual([evil]);
  });
});

describe('the sensitivity in a report', () => {
  const distance = (rmse: number, agreement: number) => ({
    rmse,
    agreement,
    cosine: 1,
    maxError: rmse,
  });
  const sensitivity = {
    samples: 16,
    everything: distance(4, 0.8),
    groups: [
      { name: 'first', nodes: ['a', 'b'], ...distance(1, 0.9) },
      { name: 'second', nodes: ['c'], ...distance(2, 0.95) },
    ],
  };

  it('is one bar a group, the longest first, by the measure that is chosen', async () => {
    await open({ title: 'model.onnx', sensitivity });
    expect(await texts('#groups th')).toEqual(['all together', 'second', 'first']);
    const widths = () =>
      tab.page.$$eval('#groups rect', (bars) =>
        bars.map((bar) => Number(bar.getAttribute('width'))),
      );
    expect(await widths()).toEqual([100, 50, 25]);
    await tab.page.select('#measure', 'disagreement');
    expect(await texts('#groups th')).toEqual(['all together', 'first', 'second']);
    expect((await widths()).map(Math.round)).toEqual([100, 50, 25]);
  });

  it('has a column for an evaluation of the caller', async () => {
    const groups = sensitivity.groups.map((group) => ({ ...group, metric: 0.75 }));
    await open({ title: 'model.onnx', sensitivity: { ...sensitivity, groups } });
    expect((await texts('#group-head th')).at(-1)).toBe('evaluation');
    expect((await texts('#groups tr:nth-child(2) td')).at(-1)).toBe('0.75');
  });
});

describe('the page', () => {
  it('is light or dark as the reader has it, and changes by the button', async () => {
    await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await open({ title: 'model.onnx', decisions: [decision(0)] });
    const paper = () => tab.page.$eval('body', (body) => getComputedStyle(body).backgroundColor);
    expect(await paper()).toBe('rgb(18, 22, 29)');
    await tab.page.click('#theme');
    expect(await paper()).toBe('rgb(246, 247, 249)');
  });

  it('has a name for everything that can be operated', async () => {
    await open({
      ...reportOf(2),
      decisions: [decision(0)],
      sensitivity: { samples: 1, everything: undefined, groups: [] },
    });
    const unnamed = await tab.page.$$eval('input, select, button, [tabindex]', (elements) =>
      elements
        .filter((element) => {
          const label = (element as HTMLInputElement).labels?.[0]?.textContent;
          return (
            !(element as HTMLElement).hidden &&
            !(element.getAttribute('aria-label') || label || element.textContent)
          );
        })
        .map((element) => element.outerHTML),
    );
    expect(unnamed).toEqual([]);
  });
});
