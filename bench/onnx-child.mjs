/**
 * One look at a model, or one edit of it, in a process of its own so that its memory can be told.
 *
 *   node bench/onnx-child.mjs edit <model> <copy> <always | never>
 *   node bench/onnx-child.mjs look <model>
 *
 * Prints one line of JSON; `edit` with what onnx_peer.py prints, too.
 */
import { readFileSync } from 'node:fs';
import { Model } from '../dist/index.js';

const [action, path = '', copy = '', externalData] = process.argv.slice(2);
const start = performance.now();
const found = action === 'edit' ? await edit() : await look();
const seconds = (performance.now() - start) / 1000;
const [, peakKiB] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(JSON.stringify({ seconds, peakKiB: Number(peakKiB), ...found }));

/** Puts a node behind the first MatMul. */
async function edit() {
  const model = await Model.load(path);
  const product = model.graph.nodes.find(({ opType }) => opType === 'MatMul');
  model.graph.insertNode(product?.output[0] ?? '', { opType: 'Identity' });
  await model.save(copy, { externalData: externalData === 'always' ? 'always' : 'never' });
  return { nodes: model.graph.nodes.length };
}

/** What `inspect` asks for: operators, inputs and outputs, and the bytes of all weights. */
async function look() {
  const model = await Model.load(path);
  const operators = new Set(model.graph.nodes.map(({ opType }) => opType));
  return {
    nodes: model.graph.nodes.length,
    operators: operators.size,
    tensors: model.inputs.length + model.outputs.length,
    bytes: model.byteLength(),
  };
}
