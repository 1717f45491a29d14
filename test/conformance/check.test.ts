import { expect, it } from 'vitest';
import { check } from '../../dist/check/check.js';
import { allCases, printCount, printReasons } from './cases.js';

it('check has an answer for every model', async (context) => {
  const cases = await allCases(context);
  const codes: [string, string][] = [];
  let clean = 0;
  for (const { name, modelFile } of cases) {
    const { findings, ok, counts } = await check(modelFile, { askParser: false });
    expect(ok, name).toBe(counts.error === 0);
    if (findings.length === 0) clean++;
    for (const { code, what, why, remedy } of findings) {
      // What is said is whole: a name or number that is missing would show.
      expect(`${what} ${why} ${remedy}`, name).not.toMatch(/undefined|NaN\b|\[object/);
      codes.push([name, code]);
    }
  }
  printCount('check finds nothing to say of', clean, cases.length);
  printReasons(codes);
});
