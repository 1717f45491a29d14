import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import type { HalfModel } from '../../dist/precision/report.js';
import { toHalf } from '../../dist/precision/to-half.js';
import { allCases, type Case, printCount, printReasons, temporaryFolder } from './cases.js';
import { beyondHalf, onnxRefuses, tooHeavy } from './exceptions.js';
import { pairsOf, runPairs } from './ort.js';
import { checkModels } from './python.js';
import { firstDifference } from './values.js';

interface Converted extends Case {
  readonly saved: string;
  readonly report: HalfModel['report'];
}

/**
 * FP16 keeps 11 bits. The networks and cases here have sums of up to some hundred terms near 1, each
 * rounded to 2^-11 of itself, of which errors of a hundredth remain.
 */
const tolerance = { rtol: 0.01, atol: 0.01 };

/** Ways to say that ONNX Runtime has no FP16 for an operator on a CPU; the model is a valid one. */
const noHalfKernel = [
  /Could not find an implementation for/,
  /MLFloat16 data type is not supported/,
  // It adds casts of its own around such operators, and stumbles over them inside functions, also
  // in the FP16 models of onnx itself.
  /output arg \(InsertedPrecisionFreeCast_/,
];

describe.each(['fp16', 'bf16'] as const)('toHalf (%s)', (type) => {
  it('gives valid models, or says why not', async (context) => {
    const cases = await allCases(context);
    const folder = await temporaryFolder();
    const all: Converted[] = [];
    for (const one of cases) {
      const model = await Model.load(one.modelFile);
      const half = await toHalf(model, { type }).catch((cause) => {
        throw new Error(`${one.name}: ${cause.message}`, { cause });
      });
      const saved = join(folder, `${one.name}.onnx`);
      await half.save(saved);
      all.push({ ...one, saved, report: half.report });
    }
    const converted = all.filter(({ report }) => report.summary.half > 0);
    const left = all.filter(({ report }) => report.summary.half === 0);
    printCount(`toHalf to ${type} converts`, converted.length, all.length);
    printReasons(left.map(({ name, report }) => [name, whyLeft(report)]));
    // The others have no floats, or what is between their inputs and outputs stays.
    expect(converted.length).toBeGreaterThan(type === 'fp16' ? 1_300 : 1_200);
    const unexplained = all.filter(({ report }) =>
      report.nodes.some(({ reason }) => reason === ''),
    );
    expect(unexplained.map(({ name }) => name)).toEqual([]);

    const said = await checkModels(all.map(({ saved }) => saved));
    const invalid = all.flatMap(({ name }, index) => (said[index] ? [[name, said[index]]] : []));
    printCount('onnx.checker accepts of them', all.length - invalid.length, all.length);
    expect(invalid.filter(([name]) => !onnxRefuses.has(name as string))).toEqual([]);

    if (type === 'fp16') await compareByOrt(converted);
  });
});

/** The reasons of all nodes, without names, so that like models can be counted together. */
function whyLeft({ nodes }: HalfModel['report']): string {
  if (nodes.length === 0) return 'it has no float32';
  const reasons = nodes.map(({ reason }) =>
    reason
      .replaceAll(/'[^']*'/g, '...')
      .replaceAll(/\b\d+\b/g, 'n')
      .replace(/^\w+ (takes|sums)/, 'an operator $1'),
  );
  return [...new Set(reasons)].sort().slice(0, 2).join('; ');
}

/** ONNX Runtime feeds BF16 to no operator on a CPU, so that only FP16 can be compared. */
async function compareByOrt(converted: readonly Converted[]): Promise<void> {
  const compared = await runPairs(pairsOf(converted.filter(({ name }) => !tooHeavy.has(name))));
  const refused = compared.filter(({ result: { failure } }) => failure !== undefined);
  const ran = compared.length - refused.length;
  printCount('ONNX Runtime runs, of those that it ran before', ran, compared.length);
  const broken = refused.filter(
    ({ result: { failure = '' } }) => !noHalfKernel.some((sign) => sign.test(failure)),
  );
  expect(broken.map(({ name, result: { failure } }) => `${name}: ${failure}`)).toEqual([]);
  expect(ran).toBeGreaterThan(1_000);

  const far = compared.flatMap(({ name, expected, result: { outputs } }) => {
    const difference = outputs && firstDifference(expected, outputs, tolerance);
    return difference ? [[name, difference] as const] : [];
  });
  printCount('outputs within 0.01 + 1 % of those in FP32', ran - far.length, ran);
  expect(far.filter(([name]) => !beyondHalf.has(name))).toEqual([]);
}
