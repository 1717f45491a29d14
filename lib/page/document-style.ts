/** Colours as custom properties, for readers in the light and in the dark. Paper is light. */
export interface Themes {
  readonly light: string;
  readonly dark: string;
}

const common: Themes = {
  light: `color-scheme: light;
  --page: #f6f7f9; --paper: #ffffff; --ink: #1c2330; --quiet: #5d6778; --line: #d5dae2; --accent: #2563eb; --hover: #eef1f6;`,
  dark: `color-scheme: dark;
  --page: #12161d; --paper: #1a2029; --ink: #e6eaf1; --quiet: #9aa5b6; --line: #333c4a; --accent: #7aa5ff; --hover: #232b37;`,
};

/**
 * The style of a report that is read from top to bottom.
 *
 * @param own - the colours and rules that this report adds.
 */
export function documentStyle(own: Themes & { readonly rules: string }): string {
  const [light, dark] = [common.light + own.light, common.dark + own.dark];
  return `
:root { ${light} }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${dark} } }
@media screen { :root[data-theme=dark] { ${dark} } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; padding: 0 20px 60px; max-width: 1240px; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif; }
header { display: flex; gap: 16px; align-items: center; padding: 16px 0 8px; }
h1 { margin: 0; font-size: 19px; overflow-wrap: anywhere; flex: 1 0 min(60%, 9em); }
h2 { margin: 0 0 12px; font-size: 16px; } h3 { margin: 0 0 4px; font-size: 15px; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; } a { color: var(--accent); }
section { margin: 18px 0; padding: 16px 18px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 36px; margin: 8px 0 0; }
.facts dt, .quiet { color: var(--quiet); font-size: 12px; } .facts dd { margin: 0; font-size: 17px; font-weight: 600; }
p { margin: 0 0 8px; }
.tools { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; margin-bottom: 10px; }
.tools .count { color: var(--quiet); margin-left: auto; }
input, select, button { font: inherit; color: inherit; padding: 4px 9px; border: 1px solid var(--line); border-radius: 7px; background: var(--page); }
input[type=search] { min-width: 260px; } button { cursor: pointer; } button:hover { border-color: var(--accent); }
button.link { border: 0; padding: 0; background: none; color: var(--accent); text-decoration: underline; font-variant-numeric: tabular-nums; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.chart { display: block; width: 100%; height: auto; margin: 6px 0 12px; } .chart text { font-size: 11px; fill: var(--quiet); }
.grid { stroke: var(--line); stroke-width: 1; }
table { border-collapse: collapse; width: 100%; } th, td { padding: 5px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 400; } thead th { color: var(--quiet); font-size: 12px; position: sticky; top: 0; background: var(--paper); }
.scroll { max-height: 640px; overflow: auto; }
@media (max-width: 800px) { nav { display: none; } input[type=search] { min-width: 0; width: 100%; } }
@media print { .tools, nav, button { display: none; } .scroll { max-height: none; } }
${own.rules}`;
}
