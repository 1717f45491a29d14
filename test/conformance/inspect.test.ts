import { expect, it } from 'vitest';
import { describeModel } from '../../dist/cli/describe-model.js';
import { describeTree } from '../../dist/cli/describe-tree.js';
import { inspect } from '../../dist/inspect/inspect.js';
import { makePicture } from '../../dist/inspect/picture-data.js';
import type { ModelSummary } from '../../dist/inspect/summary.js';
import { Model } from '../../dist/onnx/model.js';
import { inferShapes } from '../../dist/onnx/shapes/infer-shapes.js';
import { allCases, printCount } from './cases.js';
import { summariseModels } from './python.js';

it('inspect finds what Python finds, and words and a picture for it', async (context) => {
  const cases = await allCases(context);
  const expected = await summariseModels(cases.map(({ modelFile }) => modelFile));
  for (const [index, { name, modelFile }] of cases.entries()) {
    const summary = await inspect(modelFile);
    expect(digestOf(summary), name).toEqual(expected[index]);

    const model = await Model.load(modelFile);
    const shapes = await inferShapes(model);
    expect(makePicture(model, summary, shapes).scopes.length, name).toBeGreaterThan(0);
    const lines = [...describeModel(summary), ...describeTree(model, shapes)];
    expect(lines.join('\n'), name).not.toMatch(/undefined|\[object/);
  }
  printCount('inspect says what Python says', cases.length, expected.length);
});

/** Of a summary, what Python counts too. */
function digestOf({ irVersion, inputs, outputs, nodes, subgraphs, operators }: ModelSummary) {
  const counts = operators.map(({ domain, opType, count }) => [`${domain} ${opType}`, count]);
  return {
    irVersion,
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
    nodes,
    subgraphs,
    operators: Object.fromEntries(counts),
  };
}
