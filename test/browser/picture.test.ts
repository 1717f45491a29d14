import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema } from 'onnx-buf';
import { Graph, type Model, renderGraphHtml, tensor } from 'tensorrt-node';
import { describe, expect, it } from 'vitest';
import type { NodeSpec } from '../../dist/onnx/graph/graph.js';
import { toValueInfoProto } from '../../dist/onnx/value-info.js';
import { buildModel, randomTensor } from '../unit/helpers.js';
import { useTab } from './chromium.js';

const tab = useTab(1200, 800);

async function open(model: Model): Promise<void> {
  await tab.show(await renderGraphHtml(model));
}

const layers = [0, 1, 2];

/** Layers of one encoder, each with a quantized product, behind an embedding of two nodes. */
function encoder(): Model {
  const nodes = layers.flatMap((layer): NodeSpec[] => {
    const place = `/encoder/layer.${layer}`;
    const input = layer === 0 ? 'embedded' : `layer${layer - 1}`;
    const [q, dq, m] = [`q${layer}`, `dq${layer}`, `m${layer}`];
    return [
      { opType: 'QuantizeLinear', name: `${place}/q`, inputs: [input, 's', 'z'], outputs: [q] },
      { opType: 'DequantizeLinear', name: `${place}/dq`, inputs: [q, 's', 'z'], outputs: [dq] },
      { opType: 'DequantizeLinear', inputs: ['w', 's', 'z'], outputs: [`w${layer}`] },
      {
        opType: 'MatMul',
        name: `${place}/MatMul`,
        inputs: [dq, `w${layer}`],
        outputs: [m],
      },
      { opType: 'Add', name: `${place}/Add`, inputs: [m, input], outputs: [`layer${layer}`] },
    ];
  });
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 4] }],
    initializers: {
      w: tensor('int8', [4, 4], new Int8Array(16).fill(77)),
      s: tensor('float32', [], [0.1]),
      z: tensor('int8', [], [0]),
      bias: randomTensor([4]),
    },
    nodes: [
      { opType: 'Add', name: '/embeddings/Add', inputs: ['x', 'bias'], outputs: ['e'] },
      { opType: 'Relu', name: '/embeddings/Relu', inputs: ['e'], outputs: ['embedded'] },
      ...nodes,
      {
        opType: 'Softmax',
        name: '/Softmax',
        inputs: ['layer2'],
        outputs: ['y'],
        attributes: { axis: -1 },
      },
    ],
  });
}

const labels = () =>
  tab.page.$$eval('.box:not(.root) > .title', (titles) => titles.map((title) => title.textContent));
const panel = () => tab.page.$eval('#panel', (element) => (element as HTMLElement).innerText);
/** A click on the box with this label. */
async function click(label: string): Promise<void> {
  const box = await tab.page.waitForSelector(
    `xpath/.//*[@data-box][*[contains(@class, "title")][text()="${label}"]]/*[contains(@class, "frame")]`,
  );
  if (!box) throw new Error(`no box ${label}`);
  await box.click({ offset: { x: 20, y: 8 } });
}
const focused = () =>
  tab.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');

describe('the picture of a graph', () => {
  it('shows layers closed, needs no network and tells about the model', async () => {
    await open(encoder());
    expect(tab.requests).toHaveLength(1);
    expect(await labels()).toEqual(
      expect.arrayContaining(['layer.0', 'layer.1', 'layer.2', 'Softmax']),
    );
    expect(await labels()).not.toContain('MatMul');
    expect(await panel()).toMatch(/static INT8 Q\/DQ, 3 of 3 products with weights/);
    expect(await tab.page.$eval('#legend', (legend) => legend.textContent)).toMatch(
      /quantized.*FP32/,
    );
  });

  it('opens a layer on a click, down to its nodes, and closes it again', async () => {
    await open(encoder());
    await click('layer.1');
    expect(await labels()).toEqual(expect.arrayContaining(['MatMul', 'QuantizeLinear']));
    expect(await tab.page.$$('.box.int8')).toHaveLength(4);
    await click('layer.1');
    expect(await labels()).not.toContain('MatMul');
  });

  it('tells about a node: types, shapes, attributes, stored tensors', async () => {
    await open(encoder());
    await click('Softmax');
    expect(await panel()).toMatch(
      /Softmax[\s\S]*\/Softmax[\s\S]*axis\s+-1[\s\S]*layer2\s+float32 \[batch, 4\]/,
    );
    await click('layer.0');
    await click('QuantizeLinear');
    expect(await panel()).toMatch(/stored int8 \[\] = 0/);
  });

  it('follows tensors from the panel, into closed layers', async () => {
    await open(encoder());
    await click('Softmax');
    await tab.page.click('#panel .tensor .way');
    expect(await panel()).toMatch(/^graph\s*encoder\s*layer\.2\s*Add/);
    expect(await labels()).toContain('MatMul');
  });

  it('has labels for types and shapes on its edges', async () => {
    await open(encoder());
    const [titles, dims] = [
      await tab.page.$$eval('.edge > title', texts),
      await tab.page.$$eval('.label', texts),
    ];
    expect(titles.join()).toContain('float32 [batch, 4]');
    expect(dims).toContain('[batch, 4]');
  });

  it('draws what sub-graphs read as read by their node', async () => {
    const values = { type: 'float32' as const, dims: [1] };
    const branch = (output: string) => {
      const value = toValueInfoProto({ name: output, ...values });
      const graph = new Graph(create(GraphProtoSchema, { name: 'branch', output: [value] }));
      graph.addInitializer(`${output}_by`, tensor('float32', [], [2]));
      graph.addNode({ opType: 'Mul', inputs: ['h', `${output}_by`], outputs: [output] });
      return graph.proto;
    };
    const model = buildModel({
      inputs: [
        { name: 'x', ...values },
        { name: 'c', type: 'bool', dims: [1] },
      ],
      outputs: [{ name: 'y', ...values }],
      nodes: [
        { opType: 'Relu', name: 'relu', inputs: ['x'], outputs: ['h'] },
        {
          opType: 'If',
          inputs: ['c'],
          outputs: ['y'],
          attributes: { then_branch: branch('a'), else_branch: branch('b') },
        },
      ],
    });
    await open(model);
    await click('If');
    expect(await panel()).toMatch(/then_branch\s+graph of 1 nodes: 1 Mul/);
    expect(await panel()).toMatch(/Read by its sub-graphs\s+h\s/);
    await tab.page.keyboard.press('ArrowUp');
    expect(await focused()).toMatch(/^Relu/);
  });

  it('finds nodes by operator and name, and opens the way to them', async () => {
    await open(encoder());
    await tab.page.keyboard.press('/');
    await tab.page.keyboard.type('layer.2 matmul');
    const found = await tab.page.$$eval('#results [role=option]', texts);
    expect(found).toEqual(['MatMul encoder / layer.2']);
    await tab.page.keyboard.press('Enter');
    expect(await focused()).toMatch(/^MatMul, quantized/);
    expect(await panel()).toContain('/encoder/layer.2/MatMul');
  });

  it('is moved through by keys', async () => {
    await open(encoder());
    await click('Softmax');
    await tab.page.keyboard.press('ArrowUp');
    expect(await focused()).toMatch(/^encoder, module/);
    await tab.page.keyboard.press('ArrowDown');
    await tab.page.keyboard.press('Enter');
    expect(await focused()).toMatch(/^layer\.0, module/);
    expect(await labels()).toContain('MatMul');
    await tab.page.keyboard.press('ArrowDown');
    await tab.page.keyboard.press('ArrowDown');
    expect(await focused()).toMatch(/^DequantizeLinear/);
    await tab.page.keyboard.press('Escape');
    await tab.page.keyboard.press('Enter');
    expect(await labels()).not.toContain('MatMul');
    expect(await tab.page.$eval('[role=status]', texts1)).toMatch(/^layer\.0/);
  });

  it('zooms and moves', async () => {
    await open(encoder());
    const view = () => tab.page.$eval('#graph > g', (g) => g.getAttribute('transform'));
    const before = await view();
    await tab.page.click('#zoom-in');
    expect(await view()).not.toBe(before);
    await tab.page.click('#fit');
    const fitted = await view();
    await tab.page.mouse.move(30, 400);
    await tab.page.mouse.down();
    await tab.page.mouse.move(130, 420, { steps: 4 });
    await tab.page.mouse.up();
    expect(await view()).not.toBe(fitted);
  });

  it('is light or dark as the reader is, or wants', async () => {
    await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await open(encoder());
    const background = () =>
      tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await tab.page.click('#theme');
    expect(await background()).not.toBe(dark);
    await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    expect(await background()).not.toBe(dark);
  });

  it('takes names that are markup as names', async () => {
    const evil = `</script><img src=x onerror="document.title='owned'">`;
    const model = buildModel({
      inputs: [{ name: `${evil}in`, type: 'float32', dims: [1] }],
      outputs: [{ name: 'y', type: 'float32', dims: [1] }],
      nodes: [
        { opType: 'Relu', name: evil, inputs: [`${evil}in`], outputs: ['h'] },
        { opType: '<b>Op</b>', domain: '<i>', name: '&amp;', inputs: ['h'], outputs: ['y'] },
      ],
    });
    model.graph.proto.name = evil;
    await open(model);
    expect(await tab.page.title()).toBe(evil);
    expect(await tab.page.$('img')).toBeNull();
    await click('<b>Op</b>');
    expect(await panel()).toMatch(/<b>Op<\/b>[\s\S]*&amp;[\s\S]*<i>/);
    expect(await tab.page.title()).toBe(evil);
  });

  it('does not hold the values of weights', async () => {
    const html = await renderGraphHtml(encoder());
    expect(html).not.toContain('77, 77');
    expect(html).not.toContain(
      Buffer.from(new Uint8Array(16).fill(77)).toString('base64').slice(0, 12),
    );
  });

  it('shows a graph of 20,000 nodes without names', async () => {
    const count = 20_000;
    const nodes = Array.from({ length: count }, (_, index): NodeSpec => {
      const output = index === count - 1 ? 'y' : `t${index}`;
      return { opType: 'Relu', inputs: [index === 0 ? 'x' : `t${index - 1}`], outputs: [output] };
    });
    const value = { type: 'float32' as const, dims: [1] };
    await open(
      buildModel({ inputs: [{ name: 'x', ...value }], outputs: [{ name: 'y', ...value }], nodes }),
    );
    expect((await labels()).length).toBeLessThan(150);
    expect(await panel()).toContain('20,000');
    await tab.page.type('#search', 't19998');
    await tab.page.keyboard.press('Enter');
    expect(await focused()).toMatch(/^Relu/);
  });
});

const texts = (elements: Element[]) => elements.map((element) => element.textContent ?? '');
const texts1 = (element: Element) => element.textContent ?? '';
