/** How the drawings look. Colours come from the page's own, so that they turn dark with it. */
export const chartStyle = `
figure { margin: 1rem 0; }
figcaption { font-size: .88rem; color: var(--quiet); }
figcaption h3 { color: var(--ink); margin-bottom: 0; }
svg { display: block; overflow: visible; }
svg, .curve { --d: var(--c); }
@media screen and (prefers-color-scheme: dark) { svg, .curve { --d: color-mix(in srgb, var(--c) 68%, white); } }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--quiet); }
svg text.dark-text { fill: #111; font-weight: 600; }
svg text.light-text { fill: #fff; font-weight: 600; }
.grid { stroke: var(--grid); }
.rail { stroke: var(--line); stroke-dasharray: 1 3; }
.talk { stroke: var(--talk); stroke-width: 1.3; stroke-dasharray: 6 4; }
svg text.talk-name { fill: var(--talk); }
.dots { touch-action: pan-y; }
.dot { fill: color-mix(in srgb, var(--d) 55%, transparent); stroke: var(--d); stroke-width: 1; cursor: pointer; }
.dot.warmup { fill: var(--page); fill-opacity: .6; }
.cross path { fill: none; stroke: var(--bad); stroke-width: 2; }
.cross { cursor: pointer; }
.dot.on { fill: var(--ink); stroke: var(--page); stroke-width: 2; r: 6px; }
.cross.on path { stroke: var(--ink); stroke-width: 4; }
.dot:focus, .cross:focus { outline: 2px solid var(--link); outline-offset: 4px; }
.median { pointer-events: none; }
.median line { stroke: var(--ink); stroke-width: 2; }
.median .halo line { stroke: var(--page); stroke-width: 3.5; }
.curve { fill: none; stroke: var(--d); stroke-width: 2; }
.band { fill: var(--d); fill-opacity: .18; }
.p50 { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 3 3; }
.stages rect { stroke: var(--page); stroke-width: 1; }
.rung { display: grid; grid-template-columns: 15rem minmax(0, 1fr) 9.5rem; gap: 0 1rem; align-items: center;
  padding: .35rem 0; border-top: 1px solid var(--line); break-inside: avoid; }
.rung.labels, .rung.axis { border-top: 0; padding: 0; }
.rung.axis { border-top: 1px solid var(--line); }
.rung-name { line-height: 1.35; }
.rung-name small, .rung-name .chip, .rung-figure small, .rung-figure .interval { display: block; width: fit-content; }
.rung-figure { font-variant-numeric: tabular-nums; line-height: 1.35; }
.swatch, .key { display: inline-block; background: var(--c); border-radius: 3px; }
.swatch { width: .8em; height: .8em; margin-right: .4em; }
.key { min-width: 1.5em; text-align: center; font-size: .8rem; font-weight: 600; padding: 0 .2em; }
.key.dark-text { color: #111; }
.key.light-text { color: #fff; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .88rem; }
.cell { border: 1px solid var(--line); border-radius: 6px; padding: .2rem 1rem 1rem; margin: 1.2rem 0; }
.cell h3 small { display: block; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 23rem), 1fr)); gap: .5rem 2rem; }
.plot { margin: .6rem 0 0; display: flex; flex-direction: column; justify-content: space-between; }
.plot-area { padding: .8rem .5rem 2.6rem 3.4rem; }
.stack { margin-top: 1.2rem; max-width: 46rem; }
.stage-table td:first-child { width: 2.4rem; }
.stack table { margin-top: .4rem; }
#tip { position: fixed; z-index: 9; max-width: 22rem; max-height: 90vh; overflow: hidden; padding: .6rem .8rem;
  background: var(--page); color: var(--ink); border: 1px solid var(--quiet); border-radius: 6px;
  box-shadow: 0 4px 18px rgb(0 0 0 / .25); font-size: .85rem; line-height: 1.35; pointer-events: none; overflow-wrap: anywhere; }
#tip[hidden] { display: none; }
#tip dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; margin: .4rem 0 0; }
#tip dt { color: var(--quiet); }
#tip dd { margin: 0; font-variant-numeric: tabular-nums; }
@media screen and (max-width: 46rem) {
  .rung { grid-template-columns: minmax(0, 1fr) auto; }
  .rung > svg { grid-column: 1 / -1; grid-row: 2; }
  .rung.labels > div, .rung.axis > div { display: none; }
  .rung-figure { text-align: right; }
  .rung-figure small, .rung-figure .interval { margin-left: auto; }
  .roomy, .minor { display: none; }
  .cell { padding: .2rem .7rem .7rem; }
  #tip { left: .5rem !important; right: .5rem; top: auto !important; bottom: .5rem; max-width: none; font-size: .8rem; }
  #tip.above { top: .5rem !important; bottom: auto; }
  #tip dl { grid-template-columns: auto 1fr auto 1fr; }
  #tip dd.id { grid-column: 1 / -1; }
}`;
