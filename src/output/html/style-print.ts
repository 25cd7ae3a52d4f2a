/** On paper: black on white, everything unfolded, nothing that only a pointer could open. */
export const printStyle = `
@media print {
  :root { color-scheme: light; --page: #fff; --panel: #f5f7f9; --ink: #000; --quiet: #444; --line: #bbb;
    --grid: #ddd; --link: #000; --talk: #5b3a80; --bad: #8a0010; --bad-panel: #fff; --caution: #5c3900; --caution-panel: #fff; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav, .interactive, #tip { display: none !important; }
  details::details-content { content-visibility: visible; display: block; }
  .scroll { overflow: visible; }
  .scroll table { font-size: 7.5pt; }
  .scroll td, .scroll th { white-space: normal; padding-right: .35rem; }
  .cell, .plot, .stack, .rung, .banner, tr, pre { break-inside: avoid; }
  .cell { break-inside: auto; }
  .ladder, .scroll { break-inside: avoid; }
  .pair:has(> :nth-child(2)) { grid-template-columns: 1fr 1fr; gap: .3rem 1rem; }
  .rung { grid-template-columns: 11rem minmax(0, 1fr) 6.5rem; gap: 0 .7rem; }
  h2, h3, caption { break-after: avoid; }
  .failures pre { max-height: none; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}`;
