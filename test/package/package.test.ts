import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** npm without the settings of the npm that runs these tests. */
function npm(args: string[], cwd: string): string {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const options = { cwd, env: Object.fromEntries(entries), encoding: 'utf8' } as const;
  return execFileSync('npm', [...args, '--ignore-scripts', '--loglevel=error'], options);
}

/** A project of a stranger, with the packed package installed in it. */
const consumer = mkdtempSync(join(tmpdir(), 'tensorrt-node-package-'));
let packed: string[] = [];

beforeAll(() => {
  const [{ filename, files }] = JSON.parse(
    npm(['pack', '--json', '--pack-destination', consumer], root),
  );
  packed = files.map((file: { path: string }) => file.path);
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true }');
  // The dependencies are taken from this clone, so that no registry is needed.
  const dependencies = Object.keys(manifest.dependencies).map((name) =>
    join(root, 'node_modules', name),
  );
  npm(['install', '--offline', '--no-audit', '--no-fund', filename, ...dependencies], consumer);
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

/** Runs a program in the consumer's project and gives what it prints. */
function runThere(file: string, program: string): string {
  writeFileSync(join(consumer, file), program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: consumer,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

describe('the packed files', () => {
  it('are the built library, with its types, and the papers', () => {
    const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' });
    for (const source of sources.filter((file) => /\.m?ts$/.test(file))) {
      expect(packed).toContain(join('dist', source.replace(/ts$/, 'js')));
      expect(packed).toContain(join('dist', source.replace(/(m?)ts$/, 'd.$1ts')));
    }
    for (const paper of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
      expect(packed).toContain(paper);
    }
  });

  it('include every file that package.json points to', () => {
    const targets = (value: unknown): string[] =>
      typeof value === 'string' ? [value] : Object.values(value as object).flatMap(targets);
    for (const target of [...targets(manifest.exports), ...targets(manifest.bin)]) {
      expect(packed).toContain(target.replace(/^\.\//, ''));
    }
  });

  it('are nothing else: no sources, no tests, no library of NVIDIA', () => {
    const allowed = /^(dist|docs|prebuilds)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;
    expect(packed.filter((file) => !allowed.test(file))).toEqual([]);
    expect(
      packed.filter((file) => /\.map$|standin|libtensorrt_(rtx|onnx|plug)|libcu/.test(file)),
    ).toEqual([]);
  });
});

describe('the installed package', () => {
  const list = `
    const names = Object.keys(library).filter((name) => name !== 'default').sort();
    const { data } = library.tensor('int64', [1], [7]);
    console.log(JSON.stringify({ names, data: data.toString() }));`;

  it('gives the same to import and to require', () => {
    const imported = runThere('a.mjs', `import * as library from 'tensorrt-node';${list}`);
    const required = runThere('b.cjs', `const library = require('tensorrt-node');${list}`);
    expect(JSON.parse(imported)).toMatchObject({ data: '7' });
    expect(JSON.parse(imported).names).toContain('buildEngine');
    expect(required).toBe(imported);
  });

  it('loads where neither the addon nor TensorRT is', () => {
    const installed = join(consumer, 'node_modules', 'tensorrt-node');
    expect(existsSync(join(installed, 'build'))).toBe(false);
    const out = runThere(
      'c.mjs',
      `import { TensorRTError } from 'tensorrt-node';
       console.log(new TensorRTError('ERR_NO_GPU', 'No GPU.') instanceof Error);`,
    );
    expect(out.trim()).toBe('true');
  });

  it('is typed for import and for require', () => {
    const use = `
      const value = library.tensor('float32', [1], [1]);
      export const data: Float32Array = value.data;
      // @ts-expect-error no such element type
      library.tensor('float31', [1], [1]);`;
    writeFileSync(join(consumer, 'a.mts'), `import * as library from 'tensorrt-node';${use}`);
    writeFileSync(join(consumer, 'b.cts'), `import library = require('tensorrt-node');${use}`);
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
    const types = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [compiler, ...options, ...types, '--skipLibCheck', 'a.mts', 'b.cts'],
      { cwd: consumer, encoding: 'utf8' },
    );
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});
