/** The style of the page of a quantization report, light and dark. */
const light = `
  color-scheme: light;
  --page: #f6f7f9; --paper: #ffffff; --ink: #1c2330; --quiet: #5d6778; --line: #d5dae2; --accent: #2563eb; --hover: #eef1f6;
  --bar: #8fa3c4; --chosen: #15803d; --absmax: #8b5e14; --percentile: #2563eb; --entropy: #a21caf; --mse: #c2410c;
  --lost: rgb(190 40 40 / .10); --lost-ink: #a32020; --int8-paper: #e3f6e9; --float-paper: #fdf3dd;`;

const dark = `
  color-scheme: dark;
  --page: #12161d; --paper: #1a2029; --ink: #e6eaf1; --quiet: #9aa5b6; --line: #333c4a; --accent: #7aa5ff; --hover: #232b37;
  --bar: #5c7199; --chosen: #4ade80; --absmax: #e2b04a; --percentile: #7aa5ff; --entropy: #e879f9; --mse: #fb923c;
  --lost: rgb(255 110 110 / .13); --lost-ink: #ff9c9c; --int8-paper: #16301f; --float-paper: #33290f;`;

const kinds = ['chosen', 'absmax', 'percentile', 'entropy', 'mse'];
const kindRules = kinds.map(
  (kind) => `
.marker.${kind} { stroke: var(--${kind}); } .marker-label.${kind} { fill: var(--${kind}); }
.key.${kind}::before { background: var(--${kind}); }`,
);

export const reportStyle = `
:root { ${light} }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${dark} } }
:root[data-theme=dark] { ${dark} }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; padding: 0 20px 60px; max-width: 1240px; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif; }
header { display: flex; gap: 16px; align-items: center; padding: 16px 0 8px; }
h1 { margin: 0; font-size: 19px; overflow-wrap: anywhere; flex: 1; }
h2 { margin: 0 0 12px; font-size: 16px; } h3 { margin: 0 0 4px; font-size: 15px; overflow-wrap: anywhere; }
nav { display: flex; gap: 16px; } a { color: var(--accent); }
section { margin: 18px 0; padding: 16px 18px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 36px; margin: 8px 0 0; }
.facts dt, .quiet { color: var(--quiet); font-size: 12px; } .facts dd { margin: 0; font-size: 17px; font-weight: 600; }
p { margin: 0 0 8px; }
.tools { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; margin-bottom: 10px; }
.tools .count { color: var(--quiet); margin-left: auto; }
input, select, button { font: inherit; color: inherit; padding: 4px 9px; border: 1px solid var(--line); border-radius: 7px; background: var(--page); }
input { min-width: 260px; } button { cursor: pointer; } button:hover { border-color: var(--accent); }
button.link { border: 0; padding: 0; background: none; color: var(--accent); text-decoration: underline; font-variant-numeric: tabular-nums; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.split { display: grid; grid-template-columns: minmax(240px, 34%) 1fr; gap: 20px; }
#tensors { margin: 0; padding: 4px; height: 520px; overflow: auto; list-style: none; border: 1px solid var(--line); border-radius: 8px; }
#tensors li { padding: 4px 8px; border-radius: 6px; cursor: pointer; content-visibility: auto; contain-intrinsic-size: auto 42px; }
#tensors li:hover { background: var(--hover); }
#tensors li[aria-selected=true] { background: var(--hover); box-shadow: inset 3px 0 var(--accent); }
#tensors .name { display: block; overflow-wrap: anywhere; }
.chart { display: block; width: 100%; height: auto; margin: 6px 0 12px; }
.chart .bar { fill: var(--bar); } .chart text { font-size: 11px; fill: var(--quiet); }
.grid { stroke: var(--line); stroke-width: 1; }
.lost { fill: var(--lost); } .chart .lost-label { fill: var(--lost-ink); }
.marker { stroke-width: 1.6; stroke-dasharray: 5 3; } .marker.chosen { stroke-width: 2.6; stroke-dasharray: none; }
.chart .marker-label.chosen { font-weight: 700; }
table { border-collapse: collapse; width: 100%; } th, td { padding: 5px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 400; } thead th { color: var(--quiet); font-size: 12px; position: sticky; top: 0; background: var(--paper); }
tbody th { overflow-wrap: anywhere; min-width: 200px; }
.figures td, .figures th + th { text-align: right; font-variant-numeric: tabular-nums; } .figures tr.chosen > * { font-weight: 600; }
.key::before { content: ''; display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
.tag { padding: 1px 8px; border-radius: 9px; white-space: nowrap; } .tag.quantized { background: var(--int8-paper); } .tag.float { background: var(--float-paper); }
.ranges { display: flex; flex-wrap: wrap; gap: 2px 10px; }
.scroll { max-height: 640px; overflow: auto; }
svg.sensitivity { width: 100%; min-width: 160px; height: 14px; display: block; } td:has(.sensitivity) { width: 45%; }
rect.group { fill: var(--mse); } rect.everything { fill: var(--quiet); }
@media (max-width: 800px) { .split { grid-template-columns: 1fr; } #tensors { height: 220px; } nav { display: none; } input { min-width: 0; width: 100%; } }
@media print { .tools, nav, button { display: none; } .scroll, #tensors { max-height: none; height: auto; } }
${kindRules.join('')}
`;
