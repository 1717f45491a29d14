/**
 * The charts of the report, drawn to SVG by ECharts without a browser. Colours are the custom
 * properties of the page, so that one drawing serves light and dark.
 */
import { type EChartsOption, init } from 'echarts';
import type { Pair } from './evaluate.js';
import { quantile } from './evaluate.js';
import { decimals, megabytes, percent } from './format.js';
import type { EngineFacts, RuntimeFacts } from './report.js';

const ink = 'var(--ink)';
const muted = 'var(--muted)';
const line = 'var(--line)';
const precisions = [
  { key: 'fp32', name: 'FP32', color: 'var(--fp32)' },
  { key: 'int8', name: 'INT8', color: 'var(--int8)' },
] as const;

const text = { color: muted, fontFamily: 'inherit', fontSize: 13 };
const strongText = { ...text, color: ink };
const plainAxis = {
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: text,
  nameTextStyle: text,
  splitLine: { lineStyle: { color: line } },
} as const;
const legend = {
  top: 0,
  left: 0,
  itemWidth: 12,
  itemHeight: 12,
  icon: 'roundRect',
  textStyle: strongText,
  selectedMode: false,
} as const;

const width = 560;

function draw(height: number, option: EChartsOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Each accuracy as a point with one standard error to both sides. */
export function accuracyChart({ accuracy, standardError }: RuntimeFacts): string {
  const rows = precisions.map(({ key, color }, row) => {
    const [middle, error] = [accuracy[key] * 100, standardError[key] * 100];
    return {
      value: [middle, row, middle - error, middle + error],
      itemStyle: { color, opacity: 1 },
    };
  });
  const bounds = rows.flatMap(({ value }) => value.slice(2)) as number[];
  return draw(170, {
    grid: { left: 56, right: 72, top: 12, bottom: 44 },
    xAxis: {
      ...plainAxis,
      type: 'value',
      min: Math.floor(Math.min(...bounds) - 0.5),
      max: Math.ceil(Math.max(...bounds) + 0.5),
      name: 'right answers, %; the axis does not begin at 0',
      nameLocation: 'middle',
      nameGap: 28,
    },
    yAxis: {
      ...plainAxis,
      type: 'category',
      inverse: true,
      data: precisions.map(({ name }) => name),
      axisLabel: strongText,
      splitLine: { show: false },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        data: rows.map(({ value }) => value),
        renderItem: (params, api) => whisker(api, precisions[params.dataIndex]?.color ?? ink),
      },
      {
        type: 'scatter',
        silent: true,
        symbolSize: 14,
        data: rows,
        label: {
          show: true,
          position: 'top',
          distance: 8,
          formatter: ({ value }) => `${decimals((value as number[])[0] as number, 2)} %`,
          ...strongText,
        },
      },
    ],
  });
}

interface WhiskerApi {
  value(dimension: number): number | string;
  coord(point: (number | string)[]): number[];
}

/** A line with two ends, from the third to the fourth value of the row. */
function whisker(api: WhiskerApi, color: string) {
  const row = api.value(1);
  const [left = 0, y = 0] = api.coord([api.value(2), row]);
  const [right = 0] = api.coord([api.value(3), row]);
  const style = { stroke: color, lineWidth: 2 };
  const segment = (x1: number, y1: number, x2: number, y2: number) =>
    ({ type: 'line', shape: { x1, y1, x2, y2 }, style }) as const;
  return {
    type: 'group' as const,
    children: [
      segment(left, y, right, y),
      segment(left, y - 6, left, y + 6),
      segment(right, y - 6, right, y + 6),
    ],
  };
}

/** One bar with all texts: who was right. */
export function answersChart({ answers }: RuntimeFacts): string {
  const parts = [
    { name: 'both right', count: answers.bothRight, color: 'var(--right)' },
    { name: 'only FP32 right', count: answers.fp32OnlyRight, color: 'var(--fp32)' },
    { name: 'only INT8 right', count: answers.int8OnlyRight, color: 'var(--int8)' },
    { name: 'both wrong', count: answers.bothWrong, color: 'var(--wrong)' },
  ];
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  const label = ({ name, count }: { name: string; count: number }) =>
    `${name}: ${count} (${percent(count / total)})`;
  return draw(150, {
    legend: {
      ...legend,
      orient: 'vertical',
      top: 62,
      data: parts.map(label),
    },
    grid: { left: 0, right: 0, top: 8, height: 38 },
    xAxis: { type: 'value', max: total, show: false },
    yAxis: { type: 'category', data: [''], show: false },
    series: parts.map((part) => ({
      type: 'bar',
      stack: 'all',
      silent: true,
      name: label(part),
      barWidth: 38,
      itemStyle: { color: part.color },
      data: [part.count],
    })),
  });
}

/** For each latency, the share of calls that took no longer; the slowest 2 % are left out. */
export function latencyChart({ latencySamplesMs }: RuntimeFacts): string {
  const slowest = Math.max(...precisions.map(({ key }) => quantile(latencySamplesMs[key], 0.98)));
  return draw(280, {
    legend,
    grid: { left: 48, right: 20, top: 40, bottom: 48 },
    xAxis: {
      ...plainAxis,
      type: 'value',
      min: 0,
      name: 'milliseconds of one call with one text',
      nameLocation: 'middle',
      nameGap: 30,
    },
    yAxis: {
      ...plainAxis,
      type: 'value',
      min: 0,
      max: 100,
      interval: 25,
      axisLabel: { ...text, formatter: '{value} %' },
    },
    series: precisions.map(({ key, name, color }) => ({
      type: 'line',
      name,
      silent: true,
      step: 'end',
      showSymbol: false,
      lineStyle: { color, width: 2.5 },
      itemStyle: { color },
      data: cumulativeShares(latencySamplesMs[key]).filter(([ms = 0]) => ms <= slowest),
      markPoint: {
        silent: true,
        symbol: 'circle',
        symbolSize: 9,
        label: { show: false },
        data: [0.5, 0.95].map((share) => ({
          name: percent(share),
          coord: [quantile(latencySamplesMs[key], share), share * 100],
        })),
      },
    })),
  });
}

function cumulativeShares(values: readonly number[]): number[][] {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.map((value, index) => [value, ((index + 1) / sorted.length) * 100]);
}

export interface Bar {
  readonly group: string;
  readonly values: Pair<number | undefined>;
}

export function sizeChart(bars: readonly Bar[]): string {
  return groupedBars(bars, megabytes);
}

export function buildTimeChart(engines: readonly EngineFacts[]): string {
  const bars = engineBars(engines, ({ seconds }) => seconds);
  return groupedBars(bars, (seconds) => `${decimals(seconds, 2)} s`);
}

/** One group of bars per target. */
export function engineBars(
  engines: readonly EngineFacts[],
  measure: (engine: EngineFacts) => number,
): Bar[] {
  return [...new Set(engines.map(({ target }) => target))].map((target) => {
    const value = (precision: keyof Pair<unknown>) => {
      const engine = engines.find((one) => one.target === target && one.precision === precision);
      return engine && measure(engine);
    };
    return { group: target, values: { fp32: value('fp32'), int8: value('int8') } };
  });
}

function groupedBars(bars: readonly Bar[], format: (value: number) => string): string {
  return draw(56 + 62 * bars.length, {
    legend,
    grid: { left: 84, right: 84, top: 40, bottom: 8 },
    xAxis: { ...plainAxis, type: 'value', axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      ...plainAxis,
      type: 'category',
      inverse: true,
      data: bars.map(({ group }) => group),
      axisLabel: strongText,
    },
    series: precisions.map(({ key, name, color }) => ({
      type: 'bar',
      name,
      silent: true,
      barWidth: 20,
      barGap: '15%',
      itemStyle: { color, borderRadius: [0, 3, 3, 0] },
      data: bars.map(({ values }) => values[key] ?? '-'),
      label: {
        show: true,
        position: 'right',
        formatter: ({ value }) => format(value as number),
        ...strongText,
      },
    })),
  });
}
