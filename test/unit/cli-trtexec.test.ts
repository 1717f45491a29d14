import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrtexecLine } from '../../dist/cli/trtexec-effects.js';
import { readTrtexec } from '../../dist/cli/trtexec-flags.js';
import { trtexecFlags } from '../../dist/cli/trtexec-table.js';

const own = ['--shapes', '--optShapes', '--iterations', '--duration', '--threads', '--matrix'];
const read = (line: string) => readTrtexec(line.split(' '), own);

/** What differs from a line that says nothing. */
function summary({ precisions, ...line }: TrtexecLine) {
  return {
    ...line,
    precisions: [...precisions],
    notes: line.notes.map((note) => note.split(' ')[0]),
  };
}

const nothing = { args: [], model: undefined, precisions: [], build: {}, notes: [] };

describe('command lines for trtexec', () => {
  it.each<[string, Partial<ReturnType<typeof summary>>]>([
    [
      '--onnx=resnet50.onnx --explicitBatch --fp16 --workspace=4096 --saveEngine=resnet50.engine',
      {
        model: 'resnet50.onnx',
        precisions: ['fp16'],
        build: { memoryPools: { workspace: 4_294_967_296 } },
        args: ['--save-engine=resnet50.engine'],
        notes: ['--explicitBatch'],
      },
    ],
    [
      '--loadEngine=bert.plan --shapes=input_ids:64x128,attention_mask:64x128 --warmUp=500 --duration=10 --iterations=100 --useCudaGraph --noDataTransfers --useSpinWait --percentile=99 --avgRuns=100',
      {
        model: 'bert.plan',
        args: [
          '--shapes=input_ids:64x128,attention_mask:64x128',
          '--warm-up=500',
          '--duration=10',
          '--iterations=100',
          '--cuda-graph',
          '--no-transfers',
          '--wait=spin',
        ],
        notes: ['--percentile', '--avgRuns'],
      },
    ],
    [
      '--onnx=yolov8n.onnx --minShapes=images:1x3x640x640 --optShapes=images:8x3x640x640 --maxShapes=images:16x3x640x640 --best --memPoolSize=workspace:4096MiB,tacticSharedMem:48K --timingCacheFile=t.cache --builderOptimizationLevel=5 --skipInference',
      {
        model: 'yolov8n.onnx',
        precisions: ['int8', 'fp16'],
        build: {
          memoryPools: { workspace: 4_294_967_296, tacticSharedMemory: 49_152 },
          optimizationLevel: 5,
        },
        args: [
          '--minShapes=images:1x3x640x640',
          '--optShapes=images:8x3x640x640',
          '--maxShapes=images:16x3x640x640',
          '--timing-cache=t.cache',
          '--build-only',
        ],
      },
    ],
    [
      '--onnx=model.onnx --int8 --calib=calibration.cache --fp16 --verbose --threads --streams=2 --device=1 --exportTimes=times.json',
      {
        model: 'model.onnx',
        precisions: ['int8', 'fp16'],
        args: ['--table=calibration.cache', '--contexts=2', '--device=1', '--json=times.json'],
        notes: ['--verbose', '--threads'],
      },
    ],
    [
      '--onnx=m.onnx --refit --sparsity=enable --noTF32 --plugins=a.so --plugins=b.so --useDLACore=0 --allowGPUFallback --profilingVerbosity=detailed --hardwareCompatibilityLevel=ampere+ --avgTiming=8',
      {
        model: 'm.onnx',
        build: {
          flags: { refit: true, sparseWeights: true, tf32: false },
          plugins: ['a.so', 'b.so'],
          dla: { core: 0, gpuFallback: true },
          profilingVerbosity: 'detailed',
          hardwareCompatibility: 'amperePlus',
          timingIterations: 8,
        },
      },
    ],
    [
      '--loadEngine=a.plan --dumpProfile --exportProfile=p.json --exportLayerInfo=l.json',
      { model: 'a.plan', args: ['--layers', '--layers-file=p.json', '--layer-info=l.json'] },
    ],
    // Some write a space where trtexec wants an equals sign.
    ['--onnx m.onnx --streams 4', { model: 'm.onnx', args: ['--contexts=4'] }],
    // With a number it is an option of bench.
    ['m.onnx --threads 4', { args: ['m.onnx', '--threads', '4'] }],
    [
      'm.onnx --threads=4 --matrix batch=1',
      { args: ['m.onnx', '--threads=4', '--matrix', 'batch=1'] },
    ],
  ])('%s', (line, expected) => {
    expect(summary(read(line))).toEqual({ ...nothing, ...expected });
  });

  it.each([
    ['--onnx=a.onnx --onnx=b.onnx', "Expected one model or plan, not 'a.onnx' and 'b.onnx'"],
    ['--usCudaGraph', "Unknown option '--usCudaGraph'\n(Did you mean --useCudaGraph?)"],
    ['--saveEngin=x', "Unknown option '--saveEngin'\n(Did you mean --saveEngine?)"],
    ['--iteration=5', "Unknown option '--iteration'\n(Did you mean --iterations?)"],
    ['--frobnicate', "Unknown option '--frobnicate'"],
    ['--fp16=1', "Expected no value for --fp16 but received '1'"],
    ['--saveEngine', 'Expected --saveEngine=<file>'],
    ['--saveEngine --fp16', 'Expected --saveEngine=<file>'],
    ['--workspace=lots', '--workspace=lots: expected a size such as 4096 or 4G'],
    ['--memPoolSize=cache:4', '--memPoolSize=cache:4: expected one of workspace, dlaSRAM'],
    ['--builderOptimizationLevel=high', '--builderOptimizationLevel=high: expected a whole number'],
    ['--sparsity=force', '--sparsity=force: expected one of enable, disable'],
    ['--layerPrecisions=*:fp16', '--layerPrecisions is not taken here: engines are strongly typed'],
    ['--dumpLayerInfo', '--dumpLayerInfo is not taken here: write it into a file'],
    ['--dumpOutput', '--dumpOutput is not taken here: Session.infer gives outputs'],
    ['--loadInputs=x:x.bin', '--loadInputs is not taken here: give --samples'],
    ['--deploy=net.prototxt', '--deploy is not taken here: TensorRT no longer reads Caffe models'],
  ])('refuses %s', (line, message) => {
    expect(() => read(line)).toThrow(TypeError);
    expect(() => read(line)).toThrow(message);
  });
});

describe('docs/bench.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/bench.md'), 'utf8');
  const start = page.indexOf('## Flags of trtexec');
  const table = page.slice(start, page.indexOf('\n## ', start + 1));

  it('says of every flag what it is here', () => {
    const rows = table.split('\n').filter((line) => line.startsWith('| `--'));
    const expected = trtexecFlags.map(({ name, value, means }) => {
      const given = value === '' || value === 'any' ? '' : `=<${value}>`;
      return `| \`--${name}${given}\` | ${means} |`;
    });
    expect(rows).toEqual(expected);
  });

  it('names every option of the command', () => {
    const source = readFileSync(join(import.meta.dirname, '../../lib/cli/bench-flags.ts'), 'utf8');
    const options = [...source.matchAll(/'--(?!no-)([\w-]+)[ ']/g)].map(([, name]) => name);
    expect(options).toContain('save-engine');
    const tables = page.slice(0, start);
    for (const name of options) expect(tables).toMatch(new RegExp(`^\\|.*\`--${name}\`.*\\|`, 'm'));
  });
});
