/** The findings as one HTML file: no script, nothing fetched, readable in light and dark. */
import {
  accuracyChart,
  answersChart,
  buildTimeChart,
  engineBars,
  latencyChart,
  sizeChart,
} from './charts.js';
import {
  count,
  decimals,
  megabytes,
  percent,
  points,
  productNames,
  signed,
  speed,
} from './format.js';
import { pageStyle } from './page-style.js';
import type { Report, RuntimeFacts } from './report.js';

export function reportPage(report: Report): string {
  const { created, model, machine, texts } = report;
  const day = created.slice(0, 16).replace('T', ' ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tensorrt-node quickstart: FP32 and INT8 of ${escapeHtml(model)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<p class="kicker">tensorrt-node quickstart</p>
<h1>${escapeHtml(model)}: FP32 and INT8</h1>
<p class="facts">${day} UTC · ${escapeHtml(machine.cpu)}, ${machine.cores} cores · ${
    report.gpu ? escapeHtml(report.gpu) : 'no GPU'
  } · Node ${escapeHtml(machine.node)}</p>
</header>
<main>
${headlines(report)}
${runtimeSection(report)}
${report.tensorrt ? runtimeSection(report.tensorrt) : ''}
${engineSection(report)}
${notMeasuredSection(report)}
<section>
<h2>How it was measured</h2>
<ul>
<li>The classifier was fitted on ${count(texts.train)} reviews, its penalty chosen on ${count(texts.heldIn)}, and INT8
ranges calibrated on ${count(texts.calibration)} of the latter (${escapeHtml(report.calibration.method)} ${report.calibration.percentile}).
Accuracy is of ${count(texts.heldOut)} reviews of films that are in none of these.</li>
<li>FP32 and INT8 ran in turns, batch by batch, on the same texts. The standard error of the difference is that of
paired answers.</li>
<li>Latency is of ${count(texts.latency)} calls per precision, each with one text of its own length, in turns.</li>
<li>INT8 has Q/DQ on the input of ${report.quantized.int8} matrix products and per-channel INT8 weights; ${report.quantized.float}
products stay in float, as do the embedding tables.</li>
<li>Every figure was measured in this run, in ${decimals(report.seconds, 0)} s.</li>
</ul>
</section>
</main>
</body>
</html>
`;
}

function headlines(report: Report): string {
  const best = report.tensorrt ?? report;
  const { accuracy, standardError, agreement, latencyMs } = best;
  const smallest = engineBars(report.engines, ({ bytes }) => bytes)[0];
  const { fp32 = 0, int8 = 0 } = smallest?.values ?? {};
  return `<dl class="headlines">
${headline(
  'INT8 accuracy',
  percent(accuracy.int8),
  `${signed(points(accuracy.int8 - accuracy.fp32))} ± ${points(standardError.difference)} points against FP32`,
)}
${headline('Same answer', percent(agreement), `on ${count(report.samples)} held-out reviews`)}
${headline(
  `INT8 latency, ${best.runtime.name}`,
  `${decimals(latencyMs.int8.p50, 1)} ms`,
  `median; ${speed(latencyMs.fp32.p50, latencyMs.int8.p50)} as FP32 (${decimals(latencyMs.fp32.p50, 2)} ms)`,
)}
${headline(
  `INT8 engine, ${smallest?.group ?? ''}`,
  megabytes(int8),
  `${signed(percent(int8 / fp32 - 1))} against FP32`,
)}
</dl>`;
}

function headline(label: string, figure: string, remark: string): string {
  return `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(figure)}<small>${escapeHtml(remark)}</small></dd></div>`;
}

function runtimeSection(facts: RuntimeFacts): string {
  const { accuracy, standardError, latencyMs, answers } = facts;
  return `<section>
<h2>${escapeHtml(`${facts.runtime.name} ${facts.runtime.details}`)}</h2>
<div class="charts">
${figure('Accuracy', 'Lines show one standard error to both sides.', accuracyChart(facts))}
${figure('Answers', 'The bar is all held-out reviews.', answersChart(facts))}
${figure('Latency', 'Share of calls that took no longer. Dots: p50 and p95.', latencyChart(facts))}
<figure>
<figcaption><b>In figures</b></figcaption>
${table(
  ['', 'FP32', 'INT8'],
  [
    ['accuracy', percent(accuracy.fp32), percent(accuracy.int8)],
    ['standard error, points', points(standardError.fp32), points(standardError.int8)],
    ['right where the other is wrong', count(answers.fp32OnlyRight), count(answers.int8OnlyRight)],
    ['latency p50, ms', decimals(latencyMs.fp32.p50, 2), decimals(latencyMs.int8.p50, 2)],
    ['latency p95, ms', decimals(latencyMs.fp32.p95, 2), decimals(latencyMs.int8.p95, 2)],
  ],
)}
</figure>
</div>
</section>`;
}

function engineSection({ engines, modelBytes, eventLoopDelayMs }: Report): string {
  const [first] = engines;
  if (!first) return '';
  const sizes = [
    { group: 'ONNX file', values: modelBytes },
    ...engineBars(engines, ({ bytes }) => bytes),
  ];
  return `<section>
<h2>Engines by ${escapeHtml(productNames[first.library] ?? first.library)} ${escapeHtml(first.version)}</h2>
<div class="charts">
${figure('Size', 'The model and the engine for each target.', sizeChart(sizes))}
${figure('Build time', 'Parse and build.', buildTimeChart(engines))}
</div>
<p>While an FP32 engine was built, the event loop was late by at most ${decimals(eventLoopDelayMs.p99, 1)} ms in 99 of 100
cases, and by ${decimals(eventLoopDelayMs.max, 1)} ms at worst.</p>
</section>`;
}

function notMeasuredSection({ notMeasured }: Report): string {
  if (notMeasured.length === 0) return '';
  const items = notMeasured.map(
    ({ what, why }) => `<li><b>${escapeHtml(what)}</b>: ${escapeHtml(why)}</li>`,
  );
  return `<section class="note">\n<h2>Not measured</h2>\n<ul>\n${items.join('\n')}\n</ul>\n</section>`;
}

function figure(title: string, caption: string, svg: string): string {
  return `<figure role="img" aria-label="${escapeHtml(`${title}. ${caption}`)}">
<figcaption><b>${escapeHtml(title)}</b> ${escapeHtml(caption)}</figcaption>
${svg}
</figure>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr><th scope="row">${escapeHtml(cells[0] ?? '')}</th>${cells
      .slice(1)
      .map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`)
      .join('')}</tr>`;
  return `<table>\n<thead>${row(head, 'th')}</thead>\n<tbody>${rows
    .map((cells) => row(cells, 'td'))
    .join('\n')}</tbody>\n</table>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
