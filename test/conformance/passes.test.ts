import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import { Model } from '../../dist/onnx/model.js';
import type { PassResult } from '../../dist/onnx/passes/pass.js';
import { simplify } from '../../dist/onnx/passes/simplify.js';
import { upgradeOpset } from '../../dist/onnx/passes/upgrade-opset.js';
import { allCases, type Case, printCount, printReasons, temporaryFolder } from './cases.js';
import { cannotRaise, differsFromRunToRun, onnxRefuses, ortLoses, tooHeavy } from './exceptions.js';
import { pairsOf, runPairs } from './ort.js';
import { checkModels } from './python.js';
import { firstDifference, type Tolerance } from './values.js';

interface Changed extends Case {
  readonly saved: string;
  readonly nodes: number;
  readonly nodesBefore: number;
}

/** What a pass made of the models, and what it said of those that it refused. */
interface Outcome {
  readonly changed: readonly Changed[];
  readonly refused: readonly (readonly [name: string, reason: string])[];
}

async function runPass(
  cases: readonly Case[],
  folder: string,
  pass: (model: Model) => Promise<PassResult>,
): Promise<Outcome> {
  const changed: Changed[] = [];
  const refused: [string, string][] = [];
  for (const one of cases) {
    const before = await Model.load(one.modelFile);
    try {
      const { model, changes } = await pass(before);
      if (changes.length === 0 && model.opset === before.opset) continue;
      const saved = join(folder, `${one.name}.onnx`);
      await model.save(saved);
      const [nodes, nodesBefore] = [model.graph.nodes.length, before.graph.nodes.length];
      changed.push({ ...one, saved, nodes, nodesBefore });
    } catch (error) {
      if (!(error instanceof TensorRTError)) throw new Error(`${one.name}`, { cause: error });
      refused.push([one.name, error.message]);
    }
  }
  return { changed, refused };
}

/** Lets onnx.checker and ONNX Runtime judge what a pass made. */
async function judge(changed: readonly Changed[], tolerance: Tolerance): Promise<void> {
  const said = await checkModels(changed.map(({ saved }) => saved));
  const invalid = changed.flatMap(({ name }, index) => (said[index] ? [[name, said[index]]] : []));
  printCount('onnx.checker accepts', changed.length - invalid.length, changed.length);
  expect(invalid.filter(([name]) => !onnxRefuses.has(name as string))).toEqual([]);

  const light = changed.filter(({ name }) => !tooHeavy.has(name));
  const compared = await runPairs(pairsOf(light));
  const wrong = compared.flatMap(({ name, expected, result: { outputs, failure } }) => {
    if (outputs && differsFromRunToRun.has(name)) return [];
    const difference = failure ?? firstDifference(expected, outputs ?? {}, tolerance);
    return difference ? [[name, difference] as const] : [];
  });
  printCount('same outputs by ONNX Runtime', compared.length - wrong.length, compared.length);
  expect(wrong.filter(([name]) => !ortLoses.has(name))).toEqual([]);
}

describe('passes change no output', () => {
  it('simplify', async (context) => {
    const cases = await allCases(context);
    const { changed, refused } = await runPass(cases, await temporaryFolder(), simplify);
    expect(refused).toEqual([]);
    printCount('simplify finds something to do in', changed.length, cases.length);
    const before = changed.reduce((sum, { nodesBefore }) => sum + nodesBefore, 0);
    const after = changed.reduce((sum, { nodes }) => sum + nodes, 0);
    console.log(`  ${after} of their ${before} nodes are left`);
    expect(changed.length).toBeGreaterThan(350);
    expect(after).toBeLessThan(before / 2);
    // Sums are made in another order where shapes have become known.
    await judge(changed, { rtol: 1e-5, atol: 1e-6 });
  });

  it('upgradeOpset', async (context) => {
    const newest = 25;
    const all = await allCases(context);
    const opsets = await Promise.all(
      all.map(async ({ modelFile }) => (await Model.load(modelFile)).opset),
    );
    const cases = all.filter((_one, index) => (opsets[index] as number) < newest);
    const raise = (model: Model) => upgradeOpset(model, newest);
    const { changed, refused } = await runPass(cases, await temporaryFolder(), raise);
    printCount(`upgradeOpset raises to ${newest}`, changed.length, cases.length);
    printReasons(refused.map(([name, reason]) => [name, reason.replace(/^Node '.*?'/, 'A node')]));
    const old = / has opset [0-6], and opsets below 7 cannot be raised/;
    const others = refused.filter(([, reason]) => !old.test(reason));
    expect(others.filter(([name]) => !cannotRaise.has(name))).toEqual([]);
    expect(changed.length).toBeGreaterThan(1_370);
    await judge(changed, { rtol: 0, atol: 0 });
  });
});
