/** The style sheet: one page for screen and phone, light and dark, and paper. */
import { chartStyle } from './style-charts.js';
import { printStyle } from './style-print.js';

const colours = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f5f7f9; --ink: #17202a; --quiet: #55606c; --line: #d5dbe1;
  --grid: #e3e8ec; --link: #005a92; --talk: #7a4fa3;
  --bad: #a8071a; --bad-panel: #fdecec; --caution: #7a4b00; --caution-panel: #fff3d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181c; --panel: #1d2329; --ink: #e8ecf0; --quiet: #a3aeb9; --line: #39424c;
    --grid: #2b333b; --link: #7cc4f5; --talk: #c9a6ea;
    --bad: #ff9c9c; --bad-panel: #3a1d20; --caution: #ffd27a; --caution-panel: #35290f;
  }
}`;

const text = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: .5rem; }
body { margin: 0 auto; padding: 1rem clamp(.8rem, 3vw, 2rem) 3rem; max-width: 72rem;
  background: var(--page); color: var(--ink); overflow-wrap: break-word;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: clamp(1.3rem, 4.5vw, 1.9rem); line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .5rem; padding-top: .6rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
p { margin: .4rem 0; max-width: 48rem; }
a { color: var(--link); }
small { font-size: .84em; color: var(--quiet); font-weight: normal; }
ul { padding-left: 1.2rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: .7rem;
  overflow-x: auto; font-size: .85rem; line-height: 1.4; }
.id { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; font-size: .85em; overflow-wrap: anywhere; }
.brand { color: var(--quiet); margin: 0; }
.quiet, .note, footer { color: var(--quiet); }
.note, .interactive { font-size: .9rem; }
.bad-text { color: var(--bad); font-weight: 600; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; padding: 0; margin: 1rem 0 0; }
.banner { border: 1px solid currentColor; border-left-width: 8px; border-radius: 4px;
  padding: .5rem .9rem; margin: .9rem 0; }
.banner h2 { border: 0; margin: 0; padding: 0; font-size: 1.1rem; }
.banner > div { color: var(--ink); }
.banner ul { margin: .3rem 0; }
.bad { color: var(--bad); background: var(--bad-panel); }
.bad h2 { font-size: 1.35rem; }
.caution { color: var(--caution); background: var(--caution-panel); }
.answers { list-style: none; padding: 0; margin: 1rem 0 .3rem; display: grid; gap: .6rem; font-size: 1.1rem; }
.answers .who { display: block; font-size: .9rem; color: var(--quiet); }
.answers .who b { color: var(--ink); }
.chip { display: inline-block; font-size: .75rem; line-height: 1.3; padding: .05rem .45rem;
  border: 1px solid var(--line); border-radius: 1rem; white-space: nowrap; }
.chip.emulated { color: var(--caution); background: var(--caution-panel); border-color: currentColor; }`;

const tables = `
table { border-collapse: collapse; font-size: .88rem; line-height: 1.35; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { color: var(--quiet); vertical-align: bottom; }
th small { display: block; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: .6rem 0; }
.scroll th, .scroll td { padding-right: .55rem; }
@media screen and (max-width: 46rem) { .scroll td { white-space: nowrap; } }
.scroll tbody th { min-width: 7rem; }
.columns { columns: 24rem 2; column-gap: 2rem; }
.columns table, .columns pre { break-inside: avoid; margin-bottom: 1rem; }
.names th { font-weight: normal; color: var(--quiet); width: 38%; }
.names td { overflow-wrap: anywhere; }
details { margin: .8rem 0; }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0; }
.warnings { list-style: none; padding: 0; }
.warnings li { border-left: 4px solid var(--caution); padding: .2rem .8rem; margin: .5rem 0; }
.warnings .where { font-size: .85rem; overflow-wrap: anywhere; }
.warnings .seen, .warnings .do { display: block; }
.failures pre { max-height: 20rem; overflow: auto; }
.log { font-size: .85em; overflow-wrap: anywhere; }`;

export const styleSheet = [colours, text, tables, chartStyle, printStyle].join('\n');
