import { compareReports, renderBenchHtml } from 'tensorrt-node/bench';
import { describe, expect, it } from 'vitest';
import { cellOf, latencies, reportOf } from './bench-fixtures.js';

const report = reportOf([cellOf(latencies(1, { count: 40 }))]);

describe('renderBenchHtml', () => {
  it('refuses what is no report, and options that do not exist', async () => {
    const anything = {} as typeof report;
    await expect(renderBenchHtml(anything)).rejects.toThrow(/a report of bench\(\) for report/);
    await expect(renderBenchHtml(report, { baseline: anything })).rejects.toThrow(
      /for options\.baseline/,
    );
    const misspelt = { base: report } as object;
    await expect(renderBenchHtml(report, misspelt)).rejects.toThrow(/'base'/);
    const comparison = compareReports(report, report);
    await expect(renderBenchHtml(report, { comparison })).rejects.toThrow(/options\.baseline/);
  });

  it('shows a comparison that was made before', async () => {
    const comparison = { ...compareReports(report, report), onlyAfter: ['only in this one'] };
    const html = await renderBenchHtml(report, { baseline: report, comparison });
    expect(html).toContain('only in this one');
  });

  it('writes a page that may load nothing and run only its own script', async () => {
    const html = await renderBenchHtml(report);
    expect(html).toMatch(/default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/);
    expect(html).not.toMatch(/(src|href)="(?!#)/);
    expect(html).not.toMatch(/^(import|export) /m);
  });
});
