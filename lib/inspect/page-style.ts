/** The style of the picture's page, light and dark. */
const light = `
  color-scheme: light;
  --page: #f6f7f9; --paper: #ffffff; --ink: #1c2330; --quiet: #5d6778; --line: #d5dae2; --edge: #9aa4b4;
  --accent: #2563eb; --module: #eef1f6; --nest: rgb(40 60 100 / .045);
  --int8: #15803d; --weights: #0f9488; --fp16: #2563eb; --fp32: #8b5e14; --integer: #7c8698; --unknown: #b3bac6;
  --int8-paper: #e3f6e9; --weights-paper: #dcf5f2; --fp16-paper: #e5edff; --fp32-paper: #fdf3dd;
  --integer-paper: #f0f2f5; --unknown-paper: #f6f7f9;`;

const dark = `
  color-scheme: dark;
  --page: #12161d; --paper: #1a2029; --ink: #e6eaf1; --quiet: #9aa5b6; --line: #333c4a; --edge: #66718a;
  --accent: #7aa5ff; --module: #232b37; --nest: rgb(170 195 255 / .045);
  --int8: #4ade80; --weights: #2dd4bf; --fp16: #7aa5ff; --fp32: #e2b04a; --integer: #8793a7; --unknown: #5a6579;
  --int8-paper: #16301f; --weights-paper: #12302e; --fp16-paper: #1a2a4a; --fp32-paper: #33290f;
  --integer-paper: #222933; --unknown-paper: #1c222b;`;

const kinds = ['int8', 'weights', 'fp16', 'fp32', 'integer', 'unknown'];

const kindRules = kinds.map(
  (kind) => `
.box.${kind} > .frame { fill: var(--${kind}-paper); stroke: var(--${kind}); }
.stripe { fill: currentColor; } .box.${kind} > .stripe, .bar.${kind} { fill: var(--${kind}); }
.edge.${kind} { stroke: color-mix(in srgb, var(--${kind}) 55%, var(--edge)); }
.dot.${kind} { background: var(--${kind}-paper); border-color: var(--${kind}); }`,
);

export const pageStyle = `
:root { ${light} }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${dark} } }
:root[data-theme=dark] { ${dark} }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; height: 100vh; display: grid; grid: auto 1fr / 1fr 340px; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif; }
header { grid-column: 1 / -1; display: flex; gap: 14px; align-items: center; padding: 9px 16px; background: var(--paper);
  border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 15px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; min-width: 4em; }
.precision { color: var(--quiet); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex: 1 10 8em; }
.search { position: relative; flex: 0 1 320px; }
.search input { width: 100%; font: inherit; padding: 5px 10px; border: 1px solid var(--line); border-radius: 7px;
  background: var(--page); color: inherit; }
#results { position: absolute; z-index: 5; inset: calc(100% + 4px) 0 auto auto; width: max(100%, 420px); max-height: 60vh; overflow: auto;
  margin: 0; padding: 4px; list-style: none; background: var(--paper); border: 1px solid var(--line); border-radius: 9px;
  box-shadow: 0 10px 30px rgb(0 0 0 / .2); }
#results li { padding: 4px 9px; border-radius: 6px; cursor: pointer; overflow-wrap: anywhere; }
#results li[aria-selected=true], #results li:not(.note):hover { background: var(--module); }
#results span, #results .note { color: var(--quiet); font-size: 12px; }
.buttons { display: flex; gap: 4px; }
.buttons button { font: inherit; min-width: 32px; padding: 4px 9px; border: 1px solid var(--line); border-radius: 7px;
  background: var(--page); color: inherit; cursor: pointer; white-space: nowrap; }
.buttons button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
main { position: relative; min-width: 0; min-height: 0; overflow: hidden; }
#graph { width: 100%; height: 100%; display: block; cursor: grab; touch-action: none; user-select: none; }
#graph:active { cursor: grabbing; }
#legend { position: absolute; left: 14px; bottom: 12px; margin: 0; padding: 8px 12px; list-style: none; font-size: 12px;
  background: color-mix(in srgb, var(--paper) 90%, transparent); border: 1px solid var(--line); border-radius: 9px; pointer-events: none; }
.keys { position: absolute; right: 14px; bottom: 12px; margin: 0; padding: 4px 8px; border-radius: 7px; color: var(--quiet); font-size: 12px;
  pointer-events: none; background: color-mix(in srgb, var(--page) 85%, transparent); }
kbd { font: inherit; padding: 0 5px; border: 1px solid var(--line); border-radius: 4px; background: var(--paper); }
.dot { display: inline-block; width: 11px; height: 11px; margin-right: 7px; border: 2px solid; border-radius: 3px; vertical-align: -1px; }
#panel { overflow: auto; padding: 14px 16px 30px; background: var(--paper); border-left: 1px solid var(--line); }
#panel h2 { margin: 2px 0 10px; font-size: 17px; overflow-wrap: anywhere; }
#panel h3 { margin: 18px 0 6px; font-size: 12px; color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 12px; margin: 0; }
dl.counts { grid-template-columns: 1fr max-content; gap: 2px 12px; }
dt { color: var(--quiet); overflow-wrap: anywhere; max-width: 150px; } dl.counts dt { color: inherit; max-width: none; }
dd { margin: 0; overflow-wrap: anywhere; } dl.counts dd { font-variant-numeric: tabular-nums; text-align: right; }
.tensor { padding: 6px 9px; margin: 0 0 5px; border: 1px solid var(--line); border-radius: 7px; overflow-wrap: anywhere; }
.tensor span { display: block; } .tensor .shape, .tensor .ways, .none { color: var(--quiet); font-size: 12px; }
.tensor.stored { border-style: dashed; }
.way { font: inherit; padding: 0 3px; margin: 0 3px 0 0; border: 0; background: none; color: var(--accent); cursor: pointer; text-decoration: underline; }
.path { font-size: 12px; } .path .way + .way::before { content: '/ '; display: inline-block; color: var(--quiet); margin-right: 3px; text-decoration: none; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

.frame { stroke-width: 1.2; } .box { cursor: pointer; outline: none; }
.box.module > .frame, .behind { fill: var(--module); stroke: var(--edge); stroke-width: 1.2; }
.behind { opacity: .6; }
.box.open { cursor: grab; } .box.open > .frame { fill: var(--nest); stroke: var(--line); stroke-width: 1.5; }
.box.root > .frame, .box.root > .header, .box.root > .title { display: none; }
.header { fill: var(--nest); cursor: pointer; }
.box text { fill: var(--ink); font-size: 13px; pointer-events: none; }
.box .title { font-weight: 600; } .box .sign { fill: var(--quiet); font-size: 16px; }
.box .note { font-size: 11px; fill: var(--quiet); }
.box .weight { font-size: 10px; fill: var(--quiet); }
.box:focus-visible > .frame, .box.chosen:not(.root) > .frame { stroke: var(--accent); stroke-width: 2.6; }
.edge { fill: none; stroke: var(--edge); stroke-width: 1.3; }
.edge.of-chosen { stroke: var(--accent); stroke-width: 2.4; }
#arrow path { fill: var(--edge); }
.box .label { font-size: 10px; fill: var(--quiet); text-anchor: middle; paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-opacity: .85; }
.port rect { fill: var(--paper); stroke: var(--edge); } .box .port text { font-size: 10px; fill: var(--quiet); text-anchor: middle; }
.box.root > .port rect { fill: var(--ink); stroke: none; } .box.root > .port text { fill: var(--paper); }
.port.of-chosen rect { stroke: var(--accent); stroke-width: 2; }
.far .label, .far .weight, .far .note, .far .port text { display: none; }
@media (max-width: 800px) { body { grid: auto 1fr 38vh / 1fr; } #panel { border: 0; border-top: 1px solid var(--line); }
  .precision, .keys, #legend { display: none; } header { flex-wrap: wrap; gap: 8px; } .search { flex: 1; } #results { width: 100%; } }
@media print { header, #panel, .keys { display: none; } body { display: block; } }
${kindRules.join('')}
`;
