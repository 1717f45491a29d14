import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check } from '../../dist/check/check.js';
import { fix } from '../../dist/check/fix.js';
import { Model } from '../../dist/onnx/model.js';
import { allCases, type Case, printCount, printReasons, temporaryFolder } from './cases.js';
import { pairsOf, runPairs } from './ort.js';
import { checkModels } from './python.js';
import { firstDifference } from './values.js';

interface Mended extends Case {
  readonly saved: string;
  readonly codes: ReadonlySet<string>;
}

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

it('fix leaves valid models that compute the same', async (context) => {
  const cases = await allCases(context);
  const folder = await temporaryFolder();
  const mended: Mended[] = [];
  const notes: [name: string, note: string][] = [];
  for (const one of cases) {
    const model = await Model.load(one.modelFile);
    // What changes the types of inputs and outputs is done only when it is named.
    for (const fixed of [await fix(model), await fix(model, ['float64'])]) {
      for (const { code, action } of fixed.report) notes.push([one.name, `${code}, ${action}`]);
      const done = fixed.report.filter(({ action }) => action === 'changed');
      const codes = new Set(done.map(({ code }) => code));
      // A name changes nothing.
      codes.delete('node-unnamed');
      if (codes.size === 0) continue;
      const saved = join(folder, `${one.name}.${[...codes].join('.')}.onnx`);
      await fixed.save(saved);
      mended.push({ ...one, saved, codes });
    }
  }
  printCount('fix mends more than names in', mended.length, cases.length);
  printReasons(notes);
  expect(mended.length).toBeGreaterThan(100);

  const said = await checkModels(mended.map(({ saved }) => saved));
  const invalid = mended.flatMap(({ name }, index) => (said[index] ? [[name, said[index]]] : []));
  printCount('onnx.checker accepts', mended.length - invalid.length, mended.length);
  expect(invalid).toEqual([]);

  // Models without float64 take and give other types, and fewer digits.
  const comparable = mended.filter(({ codes }) => !codes.has('float64'));
  const compared = await runPairs(pairsOf(comparable));
  const wrong = compared.flatMap(({ name, expected, result: { outputs, failure } }) => {
    const difference = failure ?? firstDifference(expected, outputs ?? {});
    return difference ? [`${name}: ${difference}`] : [];
  });
  printCount('same outputs by ONNX Runtime', compared.length - wrong.length, compared.length);
  expect(wrong).toEqual([]);
});
