import { documentStyle } from '../page/document-style.js';

const light = `
  --bar: #8fa3c4; --chosen: #15803d; --absmax: #8b5e14; --percentile: #2563eb; --entropy: #a21caf; --mse: #c2410c;
  --lost: rgb(190 40 40 / .10); --lost-ink: #a32020; --int8-paper: #e3f6e9; --float-paper: #fdf3dd;`;

const dark = `
  --bar: #5c7199; --chosen: #4ade80; --absmax: #e2b04a; --percentile: #7aa5ff; --entropy: #e879f9; --mse: #fb923c;
  --lost: rgb(255 110 110 / .13); --lost-ink: #ff9c9c; --int8-paper: #16301f; --float-paper: #33290f;`;

const kinds = ['chosen', 'absmax', 'percentile', 'entropy', 'mse'];
const kindRules = kinds.map(
  (kind) => `
.marker.${kind} { stroke: var(--${kind}); } .marker-label.${kind} { fill: var(--${kind}); }
.key.${kind}::before { background: var(--${kind}); }`,
);

const rules = `
.split { display: grid; grid-template-columns: minmax(240px, 34%) 1fr; gap: 20px; }
#tensors { margin: 0; padding: 4px; height: 520px; overflow: auto; list-style: none; border: 1px solid var(--line); border-radius: 8px; }
#tensors li { padding: 4px 8px; border-radius: 6px; cursor: pointer; content-visibility: auto; contain-intrinsic-size: auto 42px; }
#tensors li:hover { background: var(--hover); }
#tensors li[aria-selected=true] { background: var(--hover); box-shadow: inset 3px 0 var(--accent); }
#tensors .name { display: block; overflow-wrap: anywhere; }
.chart .bar { fill: var(--bar); }
.lost { fill: var(--lost); } .chart .lost-label { fill: var(--lost-ink); }
.marker { stroke-width: 1.6; stroke-dasharray: 5 3; } .marker.chosen { stroke-width: 2.6; stroke-dasharray: none; }
.chart .marker-label.chosen { font-weight: 700; }
tbody th { overflow-wrap: anywhere; min-width: 200px; }
.figures td, .figures th + th { text-align: right; font-variant-numeric: tabular-nums; } .figures tr.chosen > * { font-weight: 600; }
.key::before { content: ''; display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
.tag { padding: 1px 8px; border-radius: 9px; white-space: nowrap; } .tag.quantized { background: var(--int8-paper); } .tag.float { background: var(--float-paper); }
.ranges { display: flex; flex-wrap: wrap; gap: 2px 10px; }
svg.sensitivity { width: 100%; min-width: 160px; height: 14px; display: block; } td:has(.sensitivity) { width: 45%; }
rect.group { fill: var(--mse); } rect.everything { fill: var(--quiet); }
@media (max-width: 800px) { .split { grid-template-columns: 1fr; } #tensors { height: 220px; } }
@media print { #tensors { max-height: none; height: auto; } }
${kindRules.join('')}
`;

/** The style of the page of a quantization report. */
export const reportStyle = documentStyle({ light, dark, rules });
