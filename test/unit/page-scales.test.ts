import { describe, expect, it } from 'vitest';
import { linearScale, linePath, logScale, shareLabel, tickLabel } from '../../dist/page/scales.js';

describe('scales', () => {
  it('draw values in proportion', () => {
    const scale = linearScale(10, 20, 100, 300);
    expect([10, 15, 20].map(scale.at)).toEqual([100, 200, 300]);
    expect(scale.invert(200)).toBe(15);
  });

  it('draw decades alike', () => {
    const scale = logScale(1, 1000, 0, 300);
    expect([1, 10, 100, 1000].map((value) => Math.round(scale.at(value)))).toEqual([
      0, 100, 200, 300,
    ]);
    expect(scale.invert(100)).toBeCloseTo(10, 9);
  });

  it('draw a single value without a division by zero', () => {
    expect(linearScale(3, 3, 0, 100).at(3)).toBe(0);
    expect(logScale(3, 3, 0, 100).at(3)).toBe(0);
    expect(linearScale(3, 3, 0, 100).ticks(5)).toEqual([3]);
  });
});

describe('ticks', () => {
  it('are multiples of 1, 2 or 5', () => {
    expect(linearScale(0, 1, 0, 1).ticks(5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearScale(3, 48, 0, 1).ticks(5)).toEqual([10, 20, 30, 40]);
    expect(linearScale(0.12, 0.131, 0, 1).ticks(6)).toEqual([
      0.12, 0.122, 0.124, 0.126, 0.128, 0.13,
    ]);
  });

  it('are powers of ten, with more between where there is room', () => {
    expect(logScale(1, 1e4, 0, 1).ticks(6)).toEqual([1, 10, 100, 1000, 1e4]);
    expect(logScale(1, 100, 0, 1).ticks(8)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(logScale(1e-12, 1e12, 0, 1).ticks(8)).toHaveLength(7);
  });

  it('are even steps within one power of ten', () => {
    expect(logScale(22, 61, 0, 1).ticks(5)).toEqual([30, 40, 50, 60]);
  });

  it('have short labels', () => {
    expect([0, 0.02, 12_000, 3e-7, 2e9].map(tickLabel)).toEqual([
      '0',
      '0.02',
      '12,000',
      '3e-7',
      '2e9',
    ]);
    expect([1, 0.07, 0.001].map(shareLabel)).toEqual(['100 %', '7 %', '0.1 %']);
  });
});

describe('a line', () => {
  it('goes through its points', () => {
    expect(
      linePath([
        [0, 1],
        [2.345, 3],
        [4, 5.06],
      ]),
    ).toBe('M0 1L2.3 3L4 5.1');
    expect(linePath([])).toBe('');
  });
});
