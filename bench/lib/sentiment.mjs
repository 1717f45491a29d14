/** The classifier of film reviews, the texts it is calibrated and judged with, and its answers. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Runtime, tensor } from '../../dist/index.js';

/** @typedef {import('../../dist/index.js').Model} Model */
/** @typedef {import('../../dist/index.js').TensorMap} TensorMap */
/** @typedef {{ ids: number[], label: number }} Text Token ids, and 1 where the review is favourable. */
/** @typedef {{ calibration: number[][], test: Text[] }} Texts Those to calibrate with have no labels. */
/** @typedef {{ answers: number[], logits: Float32Array }} Answers */

/** Where the model and the texts lie unless `--shared` names another folder. */
export const defaultShared = fileURLToPath(new URL('../../../shared/models', import.meta.url));

/** Texts run at once. */
const batch = 16;

/** @param {string} shared The folder. */
export function sentimentFiles(shared) {
  const model = join(shared, 'minilm-movie-sentiment.onnx');
  const texts = join(shared, 'movie-sentiment.json.gz');
  return { model, texts, areThere: existsSync(model) && existsSync(texts) };
}

/** @param {string} file @returns {Texts} */
export function readTexts(file) {
  return JSON.parse(gunzipSync(readFileSync(file)).toString());
}

/**
 * Token ids, padded to the longest, for the inputs that the model has.
 * @param {Model} model
 * @param {readonly (readonly number[])[]} rows
 * @returns {TensorMap}
 */
export function feedsFor(model, rows) {
  const length = Math.max(...rows.map((ids) => ids.length));
  const flat = (/** @type {(ids: readonly number[], i: number) => number} */ valueAt) =>
    tensor(
      'int64',
      [rows.length, length],
      rows.flatMap((ids) => Array.from({ length }, (_, i) => valueAt(ids, i))),
    );
  const feeds = {
    input_ids: flat((ids, i) => ids[i] ?? 0),
    attention_mask: flat((ids, i) => (i < ids.length ? 1 : 0)),
    token_type_ids: flat(() => 0),
  };
  const names = new Set(model.inputs.map(({ name }) => name));
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name)));
}

/**
 * What a classifier says of each text, executed by ONNX Runtime on the CPU. Texts should be sorted by
 * their length, so that there is little padding.
 * @param {Model} model
 * @param {readonly Text[]} texts
 * @returns {Promise<Answers>}
 */
export async function answersOf(model, texts) {
  const runtime = await Runtime.load(model, { runtime: 'onnxruntime', isolate: false });
  const logits = new Float32Array(2 * texts.length);
  for (let begin = 0; begin < texts.length; begin += batch) {
    const ids = texts.slice(begin, begin + batch).map((text) => text.ids);
    const outputs = await runtime.infer(feedsFor(model, ids));
    logits.set(/** @type {Float32Array} */ (outputs['logits']?.data), 2 * begin);
  }
  await runtime.close();
  const answers = texts.map((_, i) => (Number(logits[2 * i + 1]) > Number(logits[2 * i]) ? 1 : 0));
  return { answers, logits };
}

/**
 * How many are as expected, from 0 to 1: accuracy beside labels, agreement beside other answers.
 * @param {readonly number[]} answers
 * @param {readonly number[]} expected
 */
export function share(answers, expected) {
  return answers.filter((answer, i) => answer === expected[i]).length / answers.length;
}
