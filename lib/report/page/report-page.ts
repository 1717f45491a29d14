/// <reference lib="dom" />

import { byId, pageData, toggleTheme } from '../../page/dom.js';
import type { ReportData } from '../report-data.js';
import { Decisions } from './decisions.js';
import { Ranges } from './ranges.js';
import { hasMetric, metricHead, Sensitivity } from './sensitivity.js';

const { tensors, decisions, sensitivity } = pageData<ReportData>();
byId('theme').addEventListener('click', toggleTheme);
const ranges = tensors.length > 0 ? new Ranges(tensors) : undefined;
if (decisions.length > 0) new Decisions(decisions, (tensor) => ranges?.open(tensor));
if (sensitivity) {
  if (hasMetric(sensitivity)) byId('group-head').append(metricHead());
  new Sensitivity(sensitivity);
}
