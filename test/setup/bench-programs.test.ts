import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { sectionOf, withSection } from '../../bench/lib/results.mjs';
import { Missing, type Program, runPrograms, summaryOf } from '../../bench/lib/run-programs.mjs';

const folder = mkdtempSync(join(tmpdir(), 'bench-programs-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('sections of RESULTS.md', () => {
  const text = [
    '# Results',
    'By hand.',
    '<!-- a -->\n\n## A, old\n\n<!-- end of a -->',
    'Between.',
    '<!-- b -->\n\n## B\n\n<!-- end of b -->',
    '',
  ].join('\n');

  it('are replaced where they stand, and nothing else is', () => {
    expect(withSection(text, 'a', '## A, new\n')).toBe(text.replace('A, old', 'A, new'));
  });

  it('come to the end where there is none yet', () => {
    const longer = withSection(text, 'c', '## C');
    expect(longer).toBe(`${text}\n<!-- c -->\n\n## C\n\n<!-- end of c -->\n`);
  });

  it('are refused where their end is lost', () => {
    expect(() => withSection('<!-- a -->\n## A', 'a', '## B')).toThrow("'<!-- end of a -->'");
  });

  it('begin with the first heading that was printed', () => {
    expect(sectionOf('build 1: parse\n\n## Builds\n\n### More\n')).toBe('## Builds\n\n### More');
    expect(() => sectionOf('nothing')).toThrow('no heading');
  });
});

describe('programs that run one after the other', () => {
  it('go on behind one that fails or lacks something, and leave its section', async () => {
    const results = join(folder, 'RESULTS.md');
    const before = '# Results\n\n<!-- fails -->\n\n## From before\n\n<!-- end of fails -->\n';
    writeFileSync(results, before);
    const said: string[] = [];
    const outcomes = await runPrograms(
      [
        program('lacks', 'console.log("## Never")', () => {
          throw new Missing('there is no peer');
        }),
        program('fails', 'console.log("## Half"); process.exit(3)'),
        program('runs', 'console.log("so far\\n## Ran", process.argv[2])', () => ['fast']),
        { ...program('absent', ''), file: join(folder, 'nowhere.mjs') },
      ],
      { results, say: (line) => said.push(line) },
    );
    expect(outcomes.map(({ name, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['lacks', 'skipped', 'there is no peer'],
      ['fails', 'failed', 'it ended with 3'],
      ['runs', 'ran', undefined],
      ['absent', 'skipped', `${join(folder, 'nowhere.mjs')} is not there`],
    ]);
    const after = readFileSync(results, 'utf8');
    expect(after).toBe(`${before}\n<!-- runs -->\n\n## Ran fast\n\n<!-- end of runs -->\n`);
    expect(said.join('\n')).toContain('lacks skipped: there is no peer');
    expect(summaryOf(outcomes)).toContain('| fails | failed |');
  });
});

it('the command knows its programs', async () => {
  const all = fileURLToPath(new URL('../../bench/all.mjs', import.meta.url));
  const refused = promisify(execFile)(process.execPath, [all, '--only', 'quantisation']);
  const { stderr } = await refused.then(
    () => ({ stderr: '' }),
    (error) => error,
  );
  expect(stderr).toMatch(/binding-cost, .*quantization-accuracy, .*received 'quantisation'/);
});

function program(name: string, source: string, given: () => string[] = () => []): Program {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, source);
  return { name, file, arguments: async () => given() };
}
