import { check } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import { rules } from '../../dist/check/rules/index.js';
import { cases } from './check-cases.js';

const codesOf = async (...args: Parameters<typeof check>) => {
  const report = await check(args[0], { askParser: false, ...args[1] });
  return report.findings.map(({ code }) => code);
};

describe('the rules', () => {
  it('each have a case here', () => {
    expect(rules.map(({ code }) => code).toSorted()).toEqual(Object.keys(cases).toSorted());
  });

  describe.each(Object.entries(cases))('%s', (code, { raises, quiet, options, quietOptions }) => {
    it('is raised where it is so', async () => {
      const report = await check(await raises(), { askParser: false, ...options });
      const found = report.findings.filter((finding) => finding.code === code);
      expect(found.length).toBeGreaterThan(0);
      for (const { what, why, remedy } of found) {
        for (const text of [what, why, remedy]) expect(text).toMatch(/^\S.*\.$/s);
      }
      expect(report.ok).toBe(report.counts.error === 0);
    });

    it('is not raised where it is not so', async () => {
      expect(await codesOf(await quiet(), quietOptions ?? options)).not.toContain(code);
    });
  });
});
