import { describe, expect, test } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import type { PlacementOptions } from '../../dist/quantize/placement/options.js';
import { pathOf, profilesFor } from '../exports/exports.js';
import { sharedModel } from './helpers.js';
import { planOf } from './placement-fixtures.js';

async function open(path: string): Promise<Model> {
  const model = (await Model.load(path)).clone();
  model.graph.nameNodes();
  return model;
}

/** How many nodes of each role are quantized, of how many. */
async function counts(model: Model, options: PlacementOptions) {
  const { nodes, fixed } = await planOf(model, options);
  const of = (...roles: string[]) => {
    const all = nodes.filter(({ role }) => roles.includes(role));
    return [all.filter(({ action }) => action === 'quantize').length, all.length];
  };
  return {
    linear: of('linear'),
    attention: of('attention-scores', 'attention-context'),
    residual: of('residual'),
    fixed: fixed.size,
  };
}

describe('the real exports, two layers each', () => {
  // Linear layers: those of the blocks and those around them. Attention: two products a block.
  // Residuals: two a block, three with cross-attention; in INT8 where normalisation comes after.
  const cases: [name: string, linear: number[], attention: number[], residual: number[]][] = [
    // Query, key, value, output and two of the MLP, twice; and the pooler.
    ['bert.torchscript', [13, 13], [4, 4], [4, 4]],
    ['bert.dynamo', [13, 13], [4, 4], [4, 4]],
    ['distilbert.dynamo', [12, 12], [4, 4], [4, 4]],
    ['roberta.torchscript', [12, 12], [4, 4], [4, 4]],
    // One more that widens the embeddings.
    ['albert.dynamo', [14, 14], [4, 4], [4, 4]],
    ['electra.torchscript', [13, 13], [4, 4], [4, 4]],
    ['mpnet.dynamo', [12, 12], [4, 4], [4, 4]],
    // Four more for relative positions, whose products are added to the scores: no fused attention.
    ['deberta-v2.torchscript', [16, 16], [0, 4], [4, 4]],
    // Four layers a block and the head; the first of each block is cut into query, key and value.
    ['gpt2.torchscript', [7, 9], [4, 4], [0, 4]],
    ['gpt2-past.dynamo', [7, 9], [4, 4], [0, 4]],
    // Seven a block, as the MLP has a gate, and the head. Rotary positions, two heads of keys for four.
    ['llama.torchscript', [15, 15], [4, 4], [0, 4]],
    ['llama.dynamo', [15, 15], [4, 4], [0, 4]],
    // No scale, a relative bias.
    ['t5-encoder.dynamo', [12, 12], [4, 4], [0, 4]],
    // Cross-attention: four more layers a block, and the head.
    ['t5-decoder.torchscript', [21, 21], [8, 8], [0, 6]],
    ['m2m100-decoder.dynamo', [21, 21], [8, 8], [0, 6]],
    // A classifier of ten classes.
    ['vit.dynamo', [12, 13], [4, 4], [0, 4]],
    // Two towers and their projections.
    ['clip.torchscript', [26, 26], [8, 8], [0, 8]],
    ['whisper-encoder.dynamo', [12, 12], [4, 4], [0, 4]],
  ];

  test.each(cases)('%s', async (name, linear, attention, residual) => {
    const model = await open(pathOf(name));
    expect(await counts(model, { attention: 'int8' })).toEqual({
      linear,
      attention,
      residual,
      fixed: (attention[0] ?? 0) / 2,
    });
  });

  test('heads of 8 are left in float, those of 16 are not', async () => {
    const bert = await open(pathOf('bert.dynamo'));
    expect((await counts(bert, { profiles: profilesFor(bert) })).attention).toEqual([0, 4]);
    const electra = await open(pathOf('electra.dynamo'));
    expect((await counts(electra, { profiles: profilesFor(electra) })).attention).toEqual([4, 4]);
  });

  test.each(['distilbert.ort-static', 'vit.ort-static-tensorrt'])(
    'what has Q/DQ is left alone: %s',
    async (name) => {
      const error = { code: 'ERR_CALIBRATION', message: expect.stringContaining('already') };
      await expect(planOf(await open(pathOf(name)))).rejects.toMatchObject(error);
    },
  );
});

test('a six-layer sentiment model is placed as QDQBERT is', async (context) => {
  const path = sharedModel('minilm-movie-sentiment.onnx');
  if (!path) return context.skip('the model is not at hand');
  expect(await counts(await open(path), {})).toEqual({
    // The classifier of two classes stays in float.
    linear: [37, 38],
    attention: [12, 12],
    residual: [12, 12],
    fixed: 6,
  });
});
