/** CSV as a spreadsheet may open it: a value it would run as a formula is escaped. */
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

export type CsvRecord = Readonly<Record<string, string>>;

/** What a spreadsheet takes for the beginning of a formula; csv-stringify puts a ' before it. */
const formula = String.raw`[=+\-@\t\r＝＋－＠]`;
const escaped = new RegExp(`^'+${formula}`, 'u');

export function csvText(
  records: readonly CsvRecord[],
  columns: readonly string[],
  header = true,
): string {
  const rows = records.map((record) => mapValues(record, keepQuote));
  return stringify(rows, {
    columns: [...columns],
    header,
    escape_formulas: true,
    quoted_match: /\r/,
  });
}

/** A record and the line of the file it ends on. */
export interface CsvRow {
  readonly record: CsvRecord;
  readonly line: number;
}

/**
 * Reads what {@link csvText} wrote.
 *
 * @param checkHeader throws where the columns are not what they should be
 * @throws Error that names the line where a row is not whole
 */
export function parseCsv(
  text: string,
  checkHeader: (columns: readonly string[]) => void,
): readonly CsvRow[] {
  const rows = parse(text, {
    bom: true,
    info: true,
    columns: (columns: string[]) => {
      checkHeader(columns);
      return columns;
    },
  }) as unknown as { record: CsvRecord; info: { lines: number } }[];
  return rows.map(({ record, info }) => ({
    record: mapValues(record, unescape),
    line: info.lines,
  }));
}

/** A value that looks escaped gets one more ', so that reading takes away what writing added. */
function keepQuote(value: string): string {
  return escaped.test(value) ? `'${value}` : value;
}

function unescape(value: string): string {
  return escaped.test(value) ? value.slice(1) : value;
}

function mapValues(record: CsvRecord, change: (value: string) => string): CsvRecord {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
