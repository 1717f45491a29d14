import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Model } from '../../dist/onnx/model.js';
import { simplify } from '../../dist/onnx/passes/simplify.js';
import { upgradeOpset } from '../../dist/onnx/passes/upgrade-opset.js';
import { allCases, type Case, printCount, printReasons, temporaryFolder, withValues } from './cases.js';
import { kindOfFailure, runOrt } from './ort.js';
import { checkModels } from './python.js';
import { firstDifference, expectedOutputs } from './values.js';

const passes: Record<string, (m: Model) => Promise<any>> = {
  simplify: (m) => simplify(m),
  upgradeOpset: (m) => upgradeOpset(m, Math.max(m.opset, 25)),
};
it.each(Object.entries(passes))('%s', async (name, pass) => {
    const context: any = { skip() {} };
    const cases = await allCases(context);
    const folder = await temporaryFolder();
    const out: any[] = [];
    let t = Date.now();
    for (const one of cases) {
      const model = await Model.load(one.modelFile);
      const saved = join(folder, `${one.name}.onnx`);
      try {
        const { model: result, changes } = await pass(model);
        result.validate();
        await result.save(saved);
        out.push({ ...one, saved, changes, nodes: model.graph.nodes.length, after: result.graph.nodes.length, bumped: result.opset !== model.opset });
      } catch (error) {
        out.push({ ...one, error: String(error) });
      }
    }
    console.log('pass', Date.now() - t); t = Date.now();
    const threw = out.filter((x) => x.error);
    console.log('threw', threw.length);
    printReasons(threw.map((x) => [x.name, x.error.slice(0, 200)]));
    const done = out.filter((x) => x.changes && (x.changes.length > 0 || x.bumped));
    console.log('changed', done.length, 'nodes', done.reduce((s, x) => s + x.nodes, 0), done.reduce((s, x) => s + x.after, 0));
    const said = await checkModels(done.map((x) => x.saved));
    console.log('checker', Date.now() - t); t = Date.now();
    const bad = done.map((x, i) => [x.name, said[i]]).filter(([, a]) => a);
    console.log('checker refuses', bad.length);
    printReasons(bad.map(([n, a]) => [n, a!.slice(0, 300)]));
    const run = done.filter((x) => x.valuesFile && x.kind !== 'light');
    const a = await runOrt(run.map((x) => ({ model: x.modelFile, values: x.valuesFile })));
    const b = await runOrt(run.map((x) => ({ model: x.saved, values: x.valuesFile })));
    console.log('ort', Date.now() - t); t = Date.now();
    const both = run.map((x, i) => ({ ...x, a: a[i], b: b[i] }));
    console.log('ran', run.length, 'before', both.filter((x) => x.a.outputs).length, 'after', both.filter((x) => x.b.outputs).length, 'lost', both.filter((x) => x.a.outputs && !x.b.outputs).length);
    printReasons(both.filter((x) => x.a.outputs && x.b.failure).map((x) => [x.name, x.b.failure.slice(0, 300)]));
    const d = both.filter((x) => x.a.outputs && x.b.outputs).map((x) => [x.name, firstDifference(x.a.outputs, x.b.outputs)]).filter(([, y]) => y);
    console.log('differ', d.length, d.map((x) => x.join(': ')));
    const e = both.filter((x) => !x.a.outputs && x.b.outputs).map((x) => [x.name, firstDifference(expectedOutputs(x.valuesFile, Object.keys(x.b.outputs)), x.b.outputs, { rtol: 1e-3, atol: 1e-3 })]).filter(([, y]) => y);
    console.log('new, differ from expected', e.length, e.map((x) => x.join(': ')));
});
