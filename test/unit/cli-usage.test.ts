import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { tensorrtNode } from './cli.js';
import { buildModel, linearModel, temporaryFolder } from './helpers.js';

const commands = [
  'inspect',
  'check',
  'convert',
  'calibrate',
  'quantize',
  'sensitivity',
  'auto-quantize',
  'simplify',
  'compare',
  'diff',
  'bench',
  'doctor',
];

describe('tensorrt-node', () => {
  it('lists its commands', async () => {
    const { code, stdout, stderr } = await tensorrtNode([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await tensorrtNode(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it.each(commands)('explains %s, with examples', async (command) => {
    const { code, stdout } = await tensorrtNode([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: tensorrt-node ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples?:\n  \\$ tensorrt-node ${command}`));
  });

  it.each([
    [['inspct'], /Unknown command 'inspct'\n\(Did you mean inspect\?\)/],
    [['inspect'], /Missing required argument 'file'/],
    [['inspect', 'a', 'b'], /Too many arguments/],
    [['inspect', 'a', '--jsn'], /Unknown option '--jsn'/],
    [['inspect', 'a', '--weights', 'many'], /Expected a whole number/],
    [['convert', 'a', '-o', 'b'], /Required option '--to <type>' not specified/],
    [['convert', 'a', '--to', 'fp8', '-o', 'b'], /Allowed choices are fp16, bf16/],
    [['check', 'a', '--product', 'cudnn'], /Allowed choices are/],
    [['check', 'a', '--target', 'sm42'], /Allowed choices are/],
    [['check', 'a', '--profile', 'x=1x1,2x2'], /Expected name=min,opt,max/],
    [['check', 'a', '--profile', 'x=1x,1x1,1x1'], /'1x' is no shape/],
    [['check', 'a', '--minShapes', 'x'], /Expected name:dims/],
    [
      ['check', 'a', '--minShapes', 'x:1'],
      /Expected a shape of 'x' in --optShapes and --maxShapes/,
    ],
    [['diff', 'a'], /Missing required argument 'after'/],
    [['compare', 'a.onnx'], /Missing required argument 'b'/],
    [['compare', 'a', 'b', '--runtime', 'cpu'], /Allowed choices are tensorrt, onnxruntime/],
    [['compare', 'a', 'b', '--absolute', '-1'], /Expected a number from 0/],
    [['compare', 'a', 'b', '--samples', 's', '--shapes', 'x:1'], /either --samples or --shapes/],
    [['compare', 'a', 'b', '--cpu-fallback'], /no --cpu-fallback beside onnxruntime/],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await tensorrtNode(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('tells what is wrong and what to do, without a stack', async () => {
    const { code, stderr } = await tensorrtNode(['inspect', '/nowhere/model.onnx']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      "Cannot read '/nowhere/model.onnx': no such file or directory (ENOENT).\n" +
        '  Check the path: the file or a folder on the way to it does not exist.\n',
    );
    const debug = await tensorrtNode(['inspect', '/nowhere/model.onnx'], { DEBUG: '1' });
    expect(debug.stderr).toMatch(/\n\s+at /);
  });

  it('uses colours where they are asked for, and nowhere else', async () => {
    const path = `${await temporaryFolder()}/model.onnx`;
    await linearModel().save(path);
    const styled = '\u001b[';
    expect((await tensorrtNode(['inspect', path])).stdout).not.toContain(styled);
    const forced = await tensorrtNode(['inspect', path], { FORCE_COLOR: '1' });
    expect(forced.stdout).toContain(styled);
    const refused = await tensorrtNode(['inspect', path], { FORCE_COLOR: '1', NO_COLOR: '1' });
    expect(refused.stdout).not.toContain(styled);
  });

  it('breaks long lines where the terminal ends', async () => {
    const path = `${await temporaryFolder()}/model.onnx`;
    const long = { name: 'x', type: 'float32', dims: Array(30).fill('a_long_name') } as const;
    await buildModel({
      inputs: [long],
      outputs: [{ ...long, name: 'y' }],
      nodes: [{ opType: 'Relu', inputs: ['x'], outputs: ['y'] }],
    }).save(path);
    const { stdout } = await tensorrtNode(['inspect', path], { COLUMNS: '60' });
    const shapes = stdout.split('\n').filter((line) => line.includes('a_long_name'));
    expect(shapes.length).toBeGreaterThan(10);
    expect(Math.max(...shapes.map(({ length }) => length))).toBeLessThanOrEqual(60);
  });

  it('prints names that would steer the terminal harmlessly', async () => {
    const path = `${await temporaryFolder()}/model.onnx`;
    const name = 'x\u001b[2J\u001b]0;title\u0007\r';
    await buildModel({
      inputs: [{ name, type: 'float32', dims: [1] }],
      outputs: [{ name: 'y', type: 'float32', dims: [1] }],
      nodes: [{ opType: 'Relu', inputs: [name], outputs: ['y'] }],
    }).save(path);
    const { code, stdout } = await tensorrtNode(['inspect', path]);
    expect(code).toBe(0);
    expect(stdout).toContain('x�[2J�]0;title��  float32  [1]');
    const missing = await tensorrtNode(['inspect', 'no\u001b[2Jmodel']);
    expect(missing.stderr).toContain("Cannot read 'no�[2Jmodel'");
  });
});
