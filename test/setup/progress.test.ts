import type { WriteStream } from 'node:tty';
import { describe, expect, it, vi } from 'vitest';
import { formatBytes, formatDuration, startTask } from '../../scripts/setup/progress.mjs';

function fakeStream(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  return { written, stream: stream as unknown as WriteStream };
}

describe('startTask', () => {
  it('writes plain lines where there is no terminal, and few of them', () => {
    const { written, stream } = fakeStream(false);
    const task = startTask('Build', stream);
    for (let i = 0; i <= 100; i++) task.update({ fraction: i / 100, note: `file ${i}` });
    task.log('a remark');
    task.succeed('done');
    const text = written.join('');
    expect(text).not.toContain('\x1b');
    expect(text.split('\n')[0]).toBe('Build ...');
    expect(text).toContain('a remark\n');
    expect(text).toMatch(/Build · done \(\d/);
    expect(written.length).toBeLessThan(6);
  });

  it('redraws one line of a terminal, no longer than the terminal is wide', () => {
    vi.stubEnv('TERM', 'xterm');
    vi.useFakeTimers();
    const { written, stream } = fakeStream(true, 40);
    const task = startTask('Fetch something', stream);
    task.update({ fraction: 0.5, note: 'n'.repeat(100) });
    vi.advanceTimersByTime(1000);
    const frames = written.slice();
    task.succeed();
    vi.useRealTimers();
    vi.unstubAllEnvs();
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.at(-1)).toContain('50 %');
    for (const frame of frames) {
      expect(frame.startsWith('\r\x1b[2K')).toBe(true);
      expect(frame.slice('\r\x1b[2K'.length).length).toBeLessThan(40);
      expect(frame).not.toContain('\n');
    }
    expect(written.at(-1)?.endsWith('\n')).toBe(true);
  });
});

describe('the units', () => {
  it('are those that people read', () => {
    expect([999, 1_500, 4_097_984, 146_476_965, 1_330_000_000].map(formatBytes)).toEqual([
      '999 B',
      '2 kB',
      '4.1 MB',
      '146 MB',
      '1.33 GB',
    ]);
    expect([80, 59_900, 61_000].map(formatDuration)).toEqual(['0.1 s', '59.9 s', '1 min 1 s']);
  });
});
