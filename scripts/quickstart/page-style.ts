/** The look of the report. The charts take their colours from the custom properties. */
export const pageStyle = `
:root {
  --paper: #ffffff; --card: #f6f7f9; --ink: #16191d; --muted: #5c6570; --line: #dfe3e8;
  --fp32: #5b6b8c; --int8: #4c9a00; --right: #c9d3df; --wrong: #8a94a3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1d2125; --ink: #eceff2; --muted: #9aa4af; --line: #343a41;
    --fp32: #93a5cc; --int8: #8ccf3f; --right: #3d4856; --wrong: #6a7480;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.kicker { margin: 0; color: var(--int8); font-weight: 600; letter-spacing: .02em; }
h1 { margin: .1rem 0 .4rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 0 0 1rem; font-size: 1.2rem; }
.facts { margin: 0; color: var(--muted); }
section { margin-top: 2.5rem; padding-top: 1.75rem; border-top: 1px solid var(--line); }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; margin: 2rem 0 0; }
.headlines div { padding: 1rem 1.25rem; border-radius: .6rem; background: var(--card); }
dt { color: var(--muted); font-size: .9rem; }
dd { margin: 0; font-size: 1.9rem; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
dd small { display: block; color: var(--muted); font-size: .85rem; font-weight: 400; letter-spacing: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 2rem 2.5rem; }
figure { margin: 0; }
figcaption { margin-bottom: .75rem; color: var(--muted); font-size: .9rem; }
figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem 0 .45rem 1.5rem; border-bottom: 1px solid var(--line); text-align: right; font-weight: 400; }
th[scope=row] { padding-left: 0; text-align: left; color: var(--muted); }
thead th { color: var(--muted); font-size: .9rem; }
ul { margin: 0; padding-left: 1.2rem; }
li + li { margin-top: .4rem; }
`;
