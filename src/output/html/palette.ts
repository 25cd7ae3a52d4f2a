/**
 * Colours of tiers and stages. Okabe and Ito's palette, told apart with every common colour vision;
 * no chart relies on colour alone. Its black is left out: it would vanish on a dark page.
 */

const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#f0e442'];

/** Colours repeat when there are more things than colours. */
export function colour(index: number): string {
  return palette[index % palette.length] ?? 'currentColor';
}

/** Whether dark text is the one to read on it. */
export function isLight(hex: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18;
}
