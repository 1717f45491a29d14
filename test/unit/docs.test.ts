import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { builderOptionNames } from '../../dist/engine/build/build-options.js';
import * as switches from '../../dist/engine/build/build-switches.js';
import * as api from '../../dist/index.js';
import { temporaryFolder } from './helpers.js';

// What the documentation says is held against the code: its examples compile, its links lead
// somewhere, and no option, error code or reason is left out.

const project = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(project, path), 'utf8');

const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(project, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** What the examples take as given, so that each shows what it is about. */
const given = `
import type * as api from 'tensorrt-node';
declare global {
  const model: api.Model;
  const samples: AsyncIterable<api.TensorMap>;
  const profiles: api.Profile[];
  const plan: api.Plan;
  const engine: api.Engine;
  const session: api.Session;
  const feeds: api.TensorMap;
  const input_ids: api.Tensor<'int64'>;
  const attention_mask: api.Tensor<'int64'>;
}`;

/** An example, on the lines where it stands in its page. */
function exampleOf(page: string, block: RegExpExecArray): string {
  const code = block[1] as string;
  const linesBefore = page.slice(0, block.index).split('\n').length;
  const imports = code.includes("from 'tensorrt-node'")
    ? ''
    : `import { ${Object.keys(api).join(', ')}, type Tensor, type TensorMap } from 'tensorrt-node';`;
  return `${'\n'.repeat(linesBefore - 1)}${imports}\n${code}\nexport {};\n`;
}

describe('the examples', () => {
  it('compile', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'docs'));
    for (const path of pages) {
      const page = read(path);
      for (const [index, block] of [...page.matchAll(/^```ts\n(.*?)^```/gms)].entries()) {
        await writeFile(join(folder, `${path}.${index}.mts`), exampleOf(page, block));
      }
    }
    await writeFile(join(folder, 'given.d.ts'), given);
    const compilerOptions = {
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'NodeNext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      paths: {
        'tensorrt-node': [join(project, 'dist/index.d.ts')],
        'tensorrt-node/*': [join(project, 'dist/*/index.d.ts')],
      },
      typeRoots: [join(project, 'node_modules/@types')],
      types: ['node'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const compiler = join(project, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder], {
      cwd: folder,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  }, 60_000);
});

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading as string));
}

describe('the links', () => {
  it.each(pages)('of %s lead somewhere', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link);
    const broken = links.filter((link) => {
      const [file, anchor] = (link as string).split('#');
      const target = file ? join(dirname(path), file) : path;
      if (!existsSync(join(project, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** The names in a list of options, as it stands in the source. */
function optionNamesIn(path: string): string[] {
  const list = /const optionNames[^=]*= \[(.*?)\]/s.exec(read(path))?.[1] ?? '';
  return [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name as string);
}

/** The names that begin a row of a table. */
function rowsOf(path: string): string[] {
  const rows = [...read(path).matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell as string);
  return rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name as string));
}

describe('the tables', () => {
  const building = [...builderOptionNames, ...optionNamesIn('lib/engine/build/build.ts')];
  const named = [
    switches.builderFlags,
    switches.previewFeatures,
    switches.parserFlags,
    Object.fromEntries(switches.memoryPools.map((name) => [name, 0])),
  ].flatMap(Object.keys);

  it('name every option of a build', () => {
    expect(building.length).toBeGreaterThan(25);
    expect(rowsOf('docs/engines.md')).toEqual(expect.arrayContaining([...building, ...named]));
  });

  it('name every option to load an engine', () => {
    const options = optionNamesIn('lib/engine/load-options.ts');
    expect(options).toContain('checkMemory');
    expect(rowsOf('docs/engines.md')).toEqual(expect.arrayContaining(options));
  });

  it('name every option of a session', () => {
    const options = optionNamesIn('lib/engine/session/session-options.ts');
    expect(options).toContain('cudaGraphs');
    expect(rowsOf('docs/sessions.md')).toEqual(expect.arrayContaining(options));
  });

  it('name every reason for which a CUDA graph was not used', () => {
    const sources = ['execution_slot', 'graph_launcher'].map((name) =>
      read(`native/session/${name}.cc`),
    );
    const launches = [...sources.join().matchAll(/(?:return|refusal =|launch =) "(\w+)"/g)]
      .map(([, name]) => name as string)
      .filter((name) => !['enqueue', 'graph', 'capture'].includes(name));
    expect(launches).toContain('newOutputMemory');
    expect(rowsOf('docs/sessions.md')).toEqual(expect.arrayContaining(launches));
  });

  it('explain every error code, and no other', () => {
    const codes = (text: string) => [...new Set(text.match(/\bERR_[A-Z_]+\b/g))].sort();
    const explained = [...read('docs/troubleshooting.md').matchAll(/^## (ERR_\w+)$/gm)];
    expect(explained.map(([, code]) => code).sort()).toEqual(codes(read('lib/errors.ts')));
  });
});
