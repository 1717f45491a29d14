/**
 * One build through the package, in a process of its own so that its memory can be told.
 *
 *   node bench/build-child.mjs <model> <options as JSON>
 *
 * Prints one line of JSON with what ../native/build_peer.cc prints, too.
 */
import { readFileSync } from 'node:fs';
import { buildEngine } from '../dist/index.js';

const [model = '', options = '{}'] = process.argv.slice(2);
const start = performance.now();
const plan = await buildEngine(model, JSON.parse(options));
const seconds = (performance.now() - start) / 1000;
const [, peakKiB] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(
  JSON.stringify({
    seconds,
    planBytes: plan.bytes,
    peakKiB: Number(peakKiB),
    native: plan.seconds,
  }),
);
