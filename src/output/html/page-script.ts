/**
 * The page's script: a tooltip for every start. It is ordinary, checked TypeScript; the page holds
 * the source text of these functions, as `Function.prototype.toString` gives it after compilation.
 * The way is chosen because the report's stage reads no files, so it cannot inline a built one, and
 * a script inside a string would be neither typed nor linted. Its price: these functions may use
 * only each other and the browser. A value imported from another module would not be there.
 */
import type { PageData, PageSample } from './page-data.js';
import type { PageDocument, PageElement, PageEvent, PageWindow } from './page-dom.js';

declare const document: PageDocument;
declare const window: PageWindow;

/** The script as text, for a script element. Throws what a browser would at the page's end. */
export function pageScript(): string {
  const parts = [startPage, dotsOf, nearestDot, tooltipOf, tooltipRows, line, place, moveFocus];
  return `(() => {\n'use strict';\n${parts.map(String).join('\n')}\nstartPage();\n})();`;
}

function startPage(): void {
  const text = document.getElementById('samples')?.textContent ?? '';
  const data = JSON.parse(text) as PageData;
  const tip = document.getElementById('tip');
  if (tip === null) return;
  let shown: PageElement | undefined;

  const hide = (): void => {
    for (const twin of document.querySelectorAll('.on')) twin.classList.remove('on');
    tip.hidden = true;
    shown = undefined;
  };
  const show = (dot: PageElement): void => {
    if (dot === shown) return;
    hide();
    const index = dot.getAttribute('data-s') ?? '';
    const sample = data.samples[Number(index)];
    if (sample === undefined) return;
    shown = dot;
    for (const twin of document.querySelectorAll(`[data-s="${index}"]`)) twin.classList.add('on');
    tip.replaceChildren(...tooltipOf(data, sample));
    tip.hidden = false;
    place(tip, dot);
  };

  for (const chart of document.querySelectorAll('svg.dots')) {
    const point = (event: PageEvent): void => {
      const dot = nearestDot(chart, event);
      if (dot !== undefined) show(dot);
      else if (event.pointerType === 'mouse' || event.type === 'pointerdown') hide();
    };
    chart.addEventListener('pointermove', point);
    chart.addEventListener('pointerdown', point);
    chart.addEventListener('pointerleave', (event) => {
      if (event.pointerType === 'mouse') hide();
    });
    // One stop of the Tab key a chart: hundreds of stops would lock a keyboard's user in.
    dotsOf(chart)[0]?.setAttribute('tabindex', '0');
  }
  // Not on the charts themselves: Chromium lets an SVG with a listener for focus take the focus.
  document.addEventListener('focusin', (event) => {
    if (event.target.closest('svg.dots [data-s]') !== null) show(event.target);
  });
  document.addEventListener('focusout', hide);
  document.addEventListener('keydown', (event) => {
    const chart = event.target.closest('svg.dots');
    if (event.key === 'Escape') hide();
    else if (chart !== null) moveFocus(chart, event);
  });
  document.addEventListener('pointerdown', (event) => {
    if (event.target.closest('svg.dots') === null) hide();
  });
  window.addEventListener('scroll', () => shown && place(tip, shown), true);
  window.matchMedia('print').addEventListener('change', (event) => {
    if (!event.matches) return;
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}

/** In the order of the starts. */
function dotsOf(chart: PageElement): PageElement[] {
  return [...chart.querySelectorAll('[data-s]')];
}

/** The one under the pointer, or near it: a finger is wider than a dot. */
function nearestDot(chart: PageElement, event: PageEvent): PageElement | undefined {
  let least = event.pointerType === 'mouse' ? 14 : 28;
  let found: PageElement | undefined;
  for (const dot of dotsOf(chart)) {
    const { left, top, width, height } = dot.getBoundingClientRect();
    const x = left + width / 2 - event.clientX;
    const y = top + height / 2 - event.clientY;
    const distance = Math.hypot(x, y);
    if (distance < least) {
      least = distance;
      found = dot;
    }
  }
  return found;
}

/** Only text, never markup: names and failures are written by others. */
function tooltipOf(data: PageData, sample: PageSample): PageElement[] {
  const head = line('strong', data.cells[sample.cell] ?? '');
  const phase = sample.phase === 'measure' ? 'measured' : 'warm-up, not in the figures';
  const where = line('div', `start ${sample.order}, round ${sample.round}, ${phase}`);
  const list = document.createElement('dl');
  list.append(...tooltipRows(data, sample));
  if (sample.failure === '') return [head, where, list];
  const failed = line('div', `✖ failed: ${sample.failure}`);
  failed.classList.add('bad-text');
  return [head, where, failed, line('div', `log: ${sample.log}`), list];
}

function tooltipRows(data: PageData, sample: PageSample): PageElement[] {
  const rows = data.columns.flatMap(({ label, unit }, index) => {
    const value = sample.values[index] ?? '';
    return value === '' ? [] : [line('dt', label), line('dd', `${value} ${unit}`)];
  });
  if (sample.guestId === '') return rows;
  const id = line('dd', sample.guestId);
  id.classList.add('id');
  return [...rows, line('dt', 'guest id'), id];
}

function line(name: string, text: string): PageElement {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/** Beside the dot and inside the window; on a narrow one the style sheet docks it instead. */
function place(tip: PageElement, dot: PageElement): void {
  const at = dot.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const right = at.left + at.width + 12;
  const left = right + size.width > clientWidth ? at.left - size.width - 12 : right;
  const top = Math.min(at.top - 12, clientHeight - size.height - 8);
  // Docked, it must not lie on the dot that was tapped.
  if (at.top > clientHeight / 2) tip.classList.add('above');
  else tip.classList.remove('above');
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, top)}px`;
}

/** The arrow keys walk through one chart's starts; only the one that has the focus is a Tab stop. */
function moveFocus(chart: PageElement, event: PageEvent): void {
  const dots = dotsOf(chart);
  const last = dots.length - 1;
  const at = dots.indexOf(event.target);
  const targets: Partial<Record<string, number>> = {
    ArrowRight: Math.min(last, at + 1),
    ArrowDown: Math.min(last, at + 1),
    ArrowLeft: Math.max(0, at - 1),
    ArrowUp: Math.max(0, at - 1),
    Home: 0,
    End: last,
  };
  const next = targets[event.key];
  const dot = next === undefined ? undefined : dots[next];
  if (dot === undefined) return;
  event.preventDefault();
  dots[at]?.setAttribute('tabindex', '-1');
  dot.setAttribute('tabindex', '0');
  dot.focus();
}
