import { documentStyle } from '../../page/document-style.js';

/** The colours of series and of the parts of an inference, and how deep a figure of a matrix can be. */
const colours = {
  light: ['2563eb', '15803d', 'c2410c', 'a21caf', '0f766e', '8b5e14', 'be123c', '475569'],
  dark: ['7aa5ff', '4ade80', 'fb923c', 'e879f9', '2dd4bf', 'e2b04a', 'fb7185', 'a3b1c6'],
};

const numbered = (values: readonly string[]) =>
  values.map((value, index) => `--c${index}: #${value};`).join(' ');

const light = `
  ${numbered(colours.light)}
  --queue: #c2410c; --copyIn: #0f766e; --compute: #2563eb; --copyOut: #a21caf; --rest: #c3cad6; --enqueue: #8b5e14; --on-part: #ffffff;
  --heat: #2563eb; --faster: #15803d; --slower: #b91c1c; --same: #5d6778; --faster-paper: #e3f6e9; --slower-paper: #fde8e8;`;

const dark = `
  ${numbered(colours.dark)}
  --queue: #fb923c; --copyIn: #2dd4bf; --compute: #7aa5ff; --copyOut: #e879f9; --rest: #46536a; --enqueue: #e2b04a; --on-part: #12161d;
  --heat: #4c7ff0; --faster: #4ade80; --slower: #ff8f8f; --same: #9aa5b6; --faster-paper: #16301f; --slower-paper: #3a1d1f;`;

const seriesRules = colours.light.map((_, index) => `.c${index} { --own: var(--c${index}); }`);
const partRules = ['queue', 'copyIn', 'compute', 'copyOut', 'rest', 'enqueue'].map(
  (part) => `.part.${part} { fill: var(--${part}); } .key.${part} { background: var(--${part}); }`,
);
/** Of cells of one series: the first is a whole line. */
const dashes = ['6 3', '2 3', '8 3 2 3', '1 5', '12 4', '8 3 2 3 2 3', '4 7'];
const dashRules = dashes.map(
  (dash, index) => `.curve.dash${index + 1} { stroke-dasharray: ${dash}; }`,
);
const heatRules = Array.from(
  { length: 10 },
  (_, depth) =>
    `.heat${depth} { background: color-mix(in srgb, var(--heat) ${4 + depth * 6}%, var(--paper)); }`,
);
const verdictRules = ['faster', 'slower'].map(
  (verdict) => `.${verdict} { --own: var(--${verdict}); --own-paper: var(--${verdict}-paper); }`,
);

const rules = `
.same, .unclear { --own: var(--same); --own-paper: var(--hover); }
.setting { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 4px 0 14px; font-size: 13px; }
.setting dt { color: var(--quiet); } .setting dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding: 0; list-style: none; }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 12px; }
.headline { display: flex; gap: 16px; align-items: center; padding: 14px 18px; background: var(--own-paper);
  border: 1px solid color-mix(in srgb, var(--own) 35%, transparent); border-radius: 10px; }
.headline.plain { background: var(--paper); border: 1px solid var(--line); } .tools:empty { display: none; } .headline.plain b { color: var(--ink); }
.headline b { font-size: 30px; line-height: 1; color: var(--own); font-variant-numeric: tabular-nums; white-space: nowrap; }
.headline p { margin: 0; } .more { margin-top: 10px; display: block; } .more .headlines { margin-top: 10px; padding: 0; list-style: none; } .claim { font-weight: 600; font-size: 15px; }
.warnings > li { padding: 7px 0 7px 26px; position: relative; } .warnings > li + li { border-top: 1px solid var(--line); }
.warnings > li::before { content: '⚠'; position: absolute; left: 2px; color: var(--c2); }
.notes li { padding: 3px 0; } .notes.made { margin-top: 10px; font-size: 13px; color: var(--quiet); } .notes b { font-weight: 600; margin-right: 6px; }
details { display: inline-block; } details[open] { display: block; } summary { cursor: pointer; } details ul { padding: 4px 0 8px 18px; list-style: disc; }
table.cells { font-variant-numeric: tabular-nums; font-size: 13px; } table.cells th, table.cells td { padding: 4px 7px; } table.cells td, table.cells thead th { text-align: right; white-space: nowrap; }
table.cells thead th { z-index: 2; } table.cells thead th:first-child { z-index: 3; }
table.cells th:first-child { position: sticky; left: 0; text-align: left; background: var(--paper); z-index: 1; }
table.cells tbody tr:hover > * { background: var(--hover); }
table.cells .problem { text-align: left; white-space: normal; color: var(--quiet); }
.sort { border: 0; padding: 2px 0; background: none; color: inherit; white-space: nowrap; }
th[aria-sort=ascending] .sort::after { content: ' ▲'; } th[aria-sort=descending] .sort::after { content: ' ▼'; }
.choice { display: flex; gap: 8px; justify-content: space-between; } .choice a { text-decoration: none; color: var(--c2); }
.choice label { display: flex; gap: 7px; align-items: center; cursor: pointer; white-space: nowrap; } .choice input { margin: 0; }
.swatch { width: 22px; height: 10px; flex: none; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin-bottom: 4px; font-size: 13px; } .legend li { display: flex; gap: 7px; align-items: center; }
.series { display: flex; gap: 7px; align-items: center; padding: 1px 8px; } .series[aria-pressed=false] { opacity: .45; text-decoration: line-through; }
.key { width: 11px; height: 11px; border-radius: 3px; }
.place { overflow-x: auto; } .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 10px 28px; }
.tag { padding: 1px 8px; border-radius: 9px; color: var(--own); background: var(--own-paper); }
.curve { fill: none; stroke: var(--own); stroke-width: 2; stroke-linejoin: round; }
${dashRules.join(' ')}
.curve.tail { stroke-width: 1.4; stroke-dasharray: 4 4; opacity: .8; }
.hit { fill: transparent; } .hit:hover { fill: var(--hover); opacity: .5; }
.area { fill: var(--own); opacity: .13; stroke: none; }
.range { stroke: var(--own); stroke-width: 1.5; opacity: .55; }
.mark { fill: var(--own); stroke: var(--paper); stroke-width: 1.5; }
.point { fill: var(--own); stroke: var(--paper); stroke-width: 1.5; } .point.tail { fill: var(--paper); stroke: var(--own); }
.dots { stroke: var(--own); stroke-width: 2.4; stroke-linecap: round; opacity: .28; fill: none; } .dots.few { stroke-width: 5; opacity: .6; }
.chart .row-name { fill: var(--ink); font-size: 12px; } .chart .part-name { fill: var(--on-part); } .chart .part-name.rest { fill: var(--ink); }
.bar { fill: var(--own); }
.roof { fill: none; stroke: var(--quiet); stroke-width: 1.6; }
.even { stroke: var(--quiet); stroke-width: 1.4; stroke-dasharray: 4 3; } .interval { stroke: var(--own); stroke-width: 7; opacity: .45; }
#matrix-tables { display: flex; flex-wrap: wrap; gap: 14px 44px; }
.matrix { margin: 0; overflow-x: auto; }
.matrix table { width: auto; border-collapse: separate; border-spacing: 2px; font-variant-numeric: tabular-nums; } .matrix figcaption { display: flex; gap: 7px; align-items: center; font-weight: 600; }
.matrix td { text-align: right; border: 0; border-radius: 4px; min-width: 62px; } .matrix th { border: 0; text-align: right; color: var(--quiet); font-size: 12px; position: static; vertical-align: middle; }
.matrix .none { color: var(--quiet); }
[data-tip] { cursor: default; } [data-tip]:hover, [data-tip]:focus-visible { filter: brightness(1.15); }
[data-tip]:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#tip { position: fixed; z-index: 9; max-width: min(380px, 90vw); padding: 6px 10px; border-radius: 7px; font-size: 12px; white-space: pre-line;
  background: var(--ink); color: var(--paper); pointer-events: none; box-shadow: 0 6px 20px rgb(0 0 0 / .25); }
@media (max-width: 800px) { section { padding: 14px 12px; } body { padding: 0 10px 40px; } .headline.plain { background: var(--paper); border: 1px solid var(--line); } .tools:empty { display: none; } .headline.plain b { color: var(--ink); }
.headline b { font-size: 24px; } .setting { grid-template-columns: 1fr; } .setting dd { margin-bottom: 4px; } table.cells th:first-child { max-width: 46vw; min-width: 120px; } .choice label { white-space: normal; } .choice .swatch { width: 12px; } }
@media print { .series { display: flex; border: 0; } button.sort { display: inline; padding: 0; font-size: 8px; white-space: normal; } section, .headline { break-inside: avoid; } #cells { break-inside: auto; } body { padding: 0; } table.cells { font-size: 8px; } table.cells th, table.cells td { padding: 1px 3px; position: static; } table.cells thead th { white-space: normal; font-size: 8px; } .choice .swatch { width: 12px; } .choice input { display: none; } #tip { display: none; } }
${[...seriesRules, ...partRules, ...heatRules, ...verdictRules].join('\n')}
`;

/** The style of the page of a bench report. */
export const benchStyle = documentStyle({ light, dark, rules });
