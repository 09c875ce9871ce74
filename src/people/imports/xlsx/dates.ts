/** Dates in workbooks are numbers of days; only the format of the cell says that one is a date. Pure. */

/** The formats that every workbook has without declaring them. */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** Whether a format shows a date or a time: a letter of one outside of texts, colours and escapes. */
const isDateFormat = (code: string): boolean =>
  /[dmyhs]/i.test(
    (code.split(';')[0] ?? '')
      .replace(/"[^"]*"|\\.|_.|\*./g, '')
      .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, ''),
  );

export const showsDate = (id: number, code: string | undefined): boolean =>
  code === undefined ? isBuiltInDate(id) : isDateFormat(code);

const dayMs = 86_400_000;
const firstDay1900 = Date.UTC(1899, 11, 30);
const firstDay1904 = Date.UTC(1904, 0, 1);
/** 9999-12-31. */
const maxSerial = 2_958_465;

/**
 * The date of a number of days as `2026-03-01`, or `2026-03-01T13:30:00` with a time; undefined for numbers that are no
 * dates, such as times of no day.
 */
export function dateOfSerial(serial: number, is1904: boolean): string | undefined {
  if (!(serial >= 1 && serial < maxSerial + 1)) return undefined;
  // The calendar of 1900 has a 29 February that never was.
  const days = !is1904 && serial < 60 ? serial + 1 : serial;
  const at = new Date((is1904 ? firstDay1904 : firstDay1900) + Math.round(days * 86_400) * 1_000);
  const text = at.toISOString();
  return at.getTime() % dayMs === 0 ? text.slice(0, 10) : text.slice(0, 19);
}
