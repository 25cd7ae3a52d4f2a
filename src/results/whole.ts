/** What a killed harness left of samples.csv. */

/**
 * The text up to the end of its last whole line. A line feed within quotes ends no line; where the
 * last row was torn, inside its quotes or not, all of it goes.
 *
 * @param most lines, the header included, after which the text ends
 */
export function wholeLines(text: string, most = Infinity): string {
  let end = 0;
  let lines = 0;
  let quoted = false;
  for (let at = 0; at < text.length && lines < most; at++) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === '\n' && !quoted) {
      end = at + 1;
      lines += 1;
    }
  }
  return text.slice(0, end);
}
