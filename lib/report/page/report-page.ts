/// <reference lib="dom" />
import type { ReportData } from '../report-data.js';
import { Decisions } from './decisions.js';
import { byId } from './dom.js';
import { Ranges } from './ranges.js';
import { hasMetric, metricHead, Sensitivity } from './sensitivity.js';

function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const dark =
    dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  dataset['theme'] = dark === 'dark' ? 'light' : 'dark';
}

const { tensors, decisions, sensitivity } = JSON.parse(
  byId('data').textContent ?? '',
) as ReportData;
byId('theme').addEventListener('click', toggleTheme);
const ranges = tensors.length > 0 ? new Ranges(tensors) : undefined;
if (decisions.length > 0) new Decisions(decisions, (tensor) => ranges?.open(tensor));
if (sensitivity) {
  if (hasMetric(sensitivity)) byId('group-head').append(metricHead());
  new Sensitivity(sensitivity);
}
