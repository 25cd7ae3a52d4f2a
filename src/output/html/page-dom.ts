/**
 * The little of the browser's interfaces that the page's script uses. The DOM library of TypeScript
 * is not referenced: it would make `document` and `name` known, and mistyped, in the whole program.
 */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface PageEvent {
  readonly type: string;
  readonly target: PageElement;
  readonly key: string;
  readonly clientX: number;
  readonly clientY: number;
  readonly pointerType: string;
  readonly matches: boolean;
  preventDefault(): void;
}

export interface PageElement {
  textContent: string | null;
  hidden: boolean;
  open: boolean;
  readonly style: { left: string; top: string };
  readonly classList: { add(name: string): void; remove(name: string): void };
  append(...children: PageElement[]): void;
  replaceChildren(...children: PageElement[]): void;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  getBoundingClientRect(): Box;
  closest(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
  focus(): void;
}

export interface PageDocument extends PageElement {
  readonly documentElement: { readonly clientWidth: number; readonly clientHeight: number };
  createElement(name: string): PageElement;
  getElementById(id: string): PageElement | null;
}

export interface PageWindow {
  addEventListener(type: string, listener: (event: PageEvent) => void, capture?: boolean): void;
  matchMedia(query: string): PageElement;
}
