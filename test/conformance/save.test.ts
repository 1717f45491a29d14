import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { allCases, kinds, printCount, printReasons, temporaryFolder, withValues } from './cases.js';
import { differsFromOnnx } from './exceptions.js';
import { isCrash, kindOfFailure, type OrtResult, runOrt } from './ort.js';
import { compareModels } from './python.js';
import { expectedOutputs, firstDifference } from './values.js';

it('has every model of the package', async (context) => {
  const cases = await allCases(context);
  for (const [kind, count] of Object.entries(kinds)) {
    expect(cases.filter((one) => one.kind === kind)).toHaveLength(count);
  }
});

describe('a model that is loaded and saved', () => {
  it('has the same bytes', async (context) => {
    const cases = await allCases(context);
    const folder = await temporaryFolder();
    const others: string[] = [];
    for (const { name, modelFile } of cases) {
      const saved = join(folder, 'model.onnx');
      const model = await Model.load(modelFile);
      await model.save(saved, { externalData: 'never' });
      if (!readFileSync(saved).equals(readFileSync(modelFile))) others.push(name);
    }
    printCount('load -> save, byte for byte', cases.length - others.length, cases.length);
    expect(others).toEqual([]);
  });

  it.for(['one', 'perTensor'] as const)(
    'is the same to Python with its weights in other files (%s)',
    async (externalFiles, context) => {
      const cases = await allCases(context);
      const folder = await temporaryFolder();
      const pairs: [string, string][] = [];
      let split = 0;
      for (const { name, modelFile } of cases) {
        const saved = join(folder, `${name}.onnx`);
        const model = await Model.load(modelFile);
        const outside = { externalData: 'always', externalThreshold: 1, externalFiles } as const;
        const { files } = await model.save(saved, outside);
        pairs.push([modelFile, saved]);
        if (files.length === 1) continue;
        split++;
        // What is read from the other files has to come back into the one.
        const again = join(folder, `${name}.again.onnx`);
        await (await Model.load(saved)).save(again, { externalData: 'never' });
        pairs.push([modelFile, again]);
      }
      const differences = await compareModels(pairs);
      const wrong = pairs.flatMap(([, saved], index) =>
        differences[index] ? [`${saved}: ${differences[index]}`] : [],
      );
      printCount('load -> save with external data', pairs.length - wrong.length, pairs.length);
      console.log(`  ${split} models have initializers, which went into other files`);
      expect(wrong).toEqual([]);
      expect(split).toBe(57);
    },
  );

  it('computes the same', async (context) => {
    const cases = withValues(await allCases(context));
    const results = await runOrt(
      cases.map(({ modelFile, valuesFile }) => ({ model: modelFile, values: valuesFile })),
    );
    const originals = cases.map((one, index) => ({ ...one, ...results[index] }));
    const refused = originals.filter(({ failure }) => failure !== undefined);
    const run = originals.filter(({ outputs }) => outputs !== undefined);
    printCount('ONNX Runtime runs', run.length, cases.length);
    printReasons(refused.map(({ name, failure = '' }) => [name, kindOfFailure(failure)]));
    // Which ones it runs depends on the machine a little, for example on its locales.
    expect(run.length).toBeGreaterThan(1_480);
    expect(refused.filter(({ failure = '' }) => isCrash(failure))).toEqual([]);

    // That its inputs really are those of the cases: its outputs are the expected ones.
    const unexpected = run.flatMap(({ name, valuesFile, outputs = {} }) => {
      const expected = expectedOutputs(valuesFile, Object.keys(outputs));
      const difference = firstDifference(expected, outputs, { rtol: 1e-3, atol: 1e-3 });
      return difference ? [[name, difference] as const] : [];
    });
    printCount('outputs as onnx expects', run.length - unexpected.length, run.length);
    expect(unexpected.filter(([name]) => !differsFromOnnx.has(name))).toEqual([]);

    const folder = await temporaryFolder();
    // ONNX Runtime finds shapes in the model itself alone.
    const outside = { externalData: 'always', externalThreshold: 64 } as const;
    const changed: ((typeof run)[number] & { saved: string })[] = [];
    for (const one of run) {
      const saved = join(folder, `${one.name}.onnx`);
      await (await Model.load(one.modelFile)).save(saved, outside);
      // The same bytes compute the same.
      if (!readFileSync(saved).equals(readFileSync(one.modelFile))) changed.push({ ...one, saved });
    }
    const again = await runOrt(
      changed.map(({ saved, valuesFile }) => ({ model: saved, values: valuesFile })),
    );
    const differences = changed.flatMap(({ name, outputs = {} }, index) => {
      const { outputs: found = {}, failure } = again[index] as OrtResult;
      const difference = failure ?? firstDifference(outputs, found);
      return difference ? [`${name}: ${difference}`] : [];
    });
    printCount('outputs as before the save', run.length - differences.length, run.length);
    expect(differences).toEqual([]);
    expect(changed.length).toBeGreaterThan(30);
  });
});
