/**
 * Published figures beside what is measured on this machine.
 *
 *   npm run repro                                   the scripts that there are
 *   npm run repro -- demo-bert [options]            one of them: scripts/repro/demo-bert.ts
 *   npm run repro -- all                            one after the other, as they are without options
 */
import { bertLatency } from './repro/bert-latency.js';
import { cpuInt8 } from './repro/cpu-int8.js';
import { demoBert } from './repro/demo-bert.js';
import { run } from './repro/main.js';
import { mlperf } from './repro/mlperf.js';
import { pytorchComparison } from './repro/pytorch-comparison.js';
import { squadAccuracy } from './repro/squad-accuracy.js';
import { throughput } from './repro/throughput.js';

const reproductions = [
  bertLatency,
  pytorchComparison,
  throughput,
  squadAccuracy,
  cpuInt8,
  demoBert,
  mlperf,
];

const [name, ...args] = process.argv.slice(2);
const chosen = reproductions.filter((each) => name === 'all' || each.name === name);
for (const reproduction of chosen) await run(reproduction, args);
if (chosen.length === 0) {
  if (name !== undefined) console.error(`There is no '${name}'.\n`);
  process.exitCode = name === undefined ? 0 : 2;
  for (const { name, title } of reproductions) console.log(`${name.padEnd(20)}${title}`);
  console.log(`${'all'.padEnd(20)}one after the other`);
}
