import { describe, expect, it } from 'vitest';
import { Pool } from '../../dist/engine/session/pool.js';
import { Lifetime } from '../../dist/lifetime.js';

describe('Pool', () => {
  it('lends a free item at once and makes the next borrowers wait in order', async () => {
    const pool = new Pool(['a']);
    expect(pool.take()).toBe('a');
    const second = pool.take();
    const third = pool.take();
    pool.give('a');
    expect(await second).toBe('a');
    pool.give('a');
    expect(await third).toBe('a');
    pool.give('a');
    expect(pool.take()).toBe('a');
  });

  it('lets a waiting borrower give up, and goes on with the next', async () => {
    const pool = new Pool([1]);
    pool.take();
    const controller = new AbortController();
    const abandoned = pool.take(controller.signal);
    const next = pool.take();
    const reason = new Error('no longer wanted');
    controller.abort(reason);
    await expect(abandoned).rejects.toBe(reason);
    pool.give(1);
    expect(await next).toBe(1);
  });

  it('refuses a borrower whose signal is aborted already', () => {
    const pool = new Pool([1]);
    expect(() => pool.take(AbortSignal.abort(new Error('late')))).toThrow('late');
    expect(pool.take()).toBe(1);
  });
});

describe('Lifetime', () => {
  it('waits for work in flight, refuses new work, and frees once', async () => {
    const lifetime = new Lifetime('The thing');
    const events: string[] = [];
    let finish = () => {};
    const work = lifetime.run(async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      events.push('work');
    });
    const free = async () => {
      events.push('free');
    };
    const first = lifetime.close(free);
    const second = lifetime.close(free);
    await expect(lifetime.run(async () => {})).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      message: 'The thing is closed.',
    });
    expect(events).toEqual([]);
    finish();
    await Promise.all([work, first, second]);
    expect(events).toEqual(['work', 'free']);
  });

  it('does not wait for work that failed', async () => {
    const lifetime = new Lifetime('The thing');
    const failed = lifetime.run(() => Promise.reject(new Error('broken')));
    await expect(failed).rejects.toThrow('broken');
    await lifetime.close(async () => {});
  });
});
