import { expect, test } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import { normal } from '../unit/histogram-fixtures.js';

const { ChannelStatistics } = loadAddon();

test('absmax and mean of each channel', () => {
  const statistics = new ChannelStatistics(3);
  statistics.collect(Float32Array.of(1, -2, 0, 3, 5, 0), 'float32');
  statistics.collect(Float32Array.of(-8, 0, 0), 'float32');
  expect([...statistics.absmax]).toEqual([8, 5, 0]);
  expect([...statistics.mean]).toEqual([-4 / 3, 1, 0]);
  expect(statistics.count).toBe(3);
});

test('rows that are left out', () => {
  const statistics = new ChannelStatistics(2);
  statistics.collect(Float32Array.of(1, 2, 30, 40, 5, 6), 'float32', Uint8Array.of(1, 0, 255));
  expect([...statistics.absmax]).toEqual([5, 6]);
  expect([...statistics.mean]).toEqual([3, 4]);
  expect(statistics.count).toBe(2);
});

test('half precision', () => {
  const half = new ChannelStatistics(2);
  half.collect(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff), 'float16');
  expect([...half.absmax]).toEqual([1, 65504]);
  expect([...half.mean]).toEqual([(1 + 2 ** -24) / 2, (65504 - 2) / 2]);
  const brain = new ChannelStatistics(2);
  brain.collect(Uint16Array.of(0x3f80, 0xc000, 0xbf80, 0x4000), 'bfloat16');
  expect([...brain.absmax]).toEqual([1, 2]);
  expect([...brain.mean]).toEqual([0, 0]);
});

test('NaN and infinities are left out, channel by channel', () => {
  const statistics = new ChannelStatistics(3);
  const rows = [Number.NaN, 1, Infinity, 3, Number.NaN, -Infinity];
  statistics.collect(Float32Array.from(rows), 'float32');
  statistics.collect(Uint16Array.of(0x7e00, 0xfc00, 0x7c00), 'float16');
  expect([...statistics.absmax]).toEqual([3, 1, 0]);
  expect([...statistics.mean]).toEqual([3, 1, 0]);
  expect(statistics.count).toBe(3);
});

test('many rows of many channels', () => {
  const [rows, channels] = [61, 37];
  const values = normal(rows * channels, 1).map(Math.fround);
  const statistics = new ChannelStatistics(channels);
  statistics.collect(Float32Array.from(values), 'float32');
  for (let channel = 0; channel < channels; channel++) {
    const column = values.filter((_, index) => index % channels === channel);
    expect(statistics.absmax[channel]).toBe(Math.max(...column.map(Math.abs)));
    const mean = column.reduce((sum, value) => sum + value, 0) / rows;
    expect(statistics.mean[channel]).toBeCloseTo(mean, 12);
  }
});

test('nothing came yet', () => {
  const statistics = new ChannelStatistics(2);
  statistics.collect(new Float32Array(), 'float32', new Uint8Array());
  expect([...statistics.absmax, ...statistics.mean, statistics.count]).toEqual([0, 0, 0, 0, 0]);
});

test('wrong arguments are refused, and count nothing', () => {
  for (const channels of [0, -1, 1.5, '2', undefined]) {
    expect(() => new ChannelStatistics(channels as number)).toThrow(TypeError);
  }
  const statistics = new ChannelStatistics(2);
  const values = Float32Array.of(1, 2, 3, 4);
  expect(() => statistics.collect(values.subarray(1), 'float32')).toThrow(TypeError);
  expect(() => statistics.collect(values, 'float16')).toThrow(TypeError);
  for (const keep of [new Uint8Array(1), new Uint8Array(3), new Uint8Array()]) {
    expect(() => statistics.collect(values, 'float32', keep)).toThrow(TypeError);
  }
  expect(statistics.count).toBe(0);
});
