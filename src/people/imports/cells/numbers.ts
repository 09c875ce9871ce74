import { faultOf, readCommon, valueOf, type Read } from './faults.ts';
import { plainDigits } from './phone-text.ts';

export interface NumberOptions {
  /** The sign before the decimals, for numbers such as `1,234`, which are two different ones. */
  readonly decimal?: 'point' | 'comma' | undefined;
}

/** Numbers with more digits change when they are stored. */
const maxDigits = 15;

const grouped = (group: string): RegExp => new RegExp(`^\\d{1,3}(?:${group}\\d{3})+$`);
const byPoint = grouped('\\.');
const byComma = grouped(',');
/** Indian grouping: 12,34,567. */
const byLakh = /^\d{1,2}(?:,\d{2})+,\d{3}$/;

/** A number with a decimal point or comma, and with separators of thousands. Currencies and units are refused. */
export function readNumber(cell: string, { decimal }: NumberOptions): Read<number> {
  const text = plainDigits(cell)
    .trim()
    .replace(/[\u2212\u2013]/g, '-');
  const common = readCommon(text);
  if (common !== undefined) return common;
  if (text.startsWith('=')) return faultOf('formula');
  if (/^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i.test(text)) return faultOf('number-scientific');
  const sign = text.startsWith('-') ? '-' : '';
  // Swiss, French and other separators of thousands cannot be decimals.
  const body = text
    .replace(/^[+-]\s*/, '')
    .replace(/(?<=\d)[\s'’٬](?=\d{3}(?!\d))/g, '')
    .replace('٫', ',');
  const plain = plainNumber(body, decimal);
  if (plain === undefined) return faultOf('number-invalid');
  if (plain === null) return faultOf('number-ambiguous');
  const digits = plain
    .replace(/\.(?<decimals>\d*?)0*$/, '.$<decimals>')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  return digits.length > maxDigits ? faultOf('number-too-precise') : valueOf(Number(`${sign}${plain}`) + 0);
}

/** The number with a decimal point and without separators; null if it can be two numbers, undefined if it is none. */
function plainNumber(body: string, decimal: NumberOptions['decimal']): string | null | undefined {
  if (/^\d+$/.test(body)) return body;
  const [points, commas] = [body.split('.').length - 1, body.split(',').length - 1];
  if (points > 0 && commas > 0) {
    const isComma = body.lastIndexOf(',') > body.lastIndexOf('.');
    if (decimal !== undefined && isComma !== (decimal === 'comma')) return undefined;
    return withDecimals(body, isComma ? ',' : '.');
  }
  const sign = points > 0 ? '.' : ',';
  if (points + commas > 1) {
    const isGrouped = sign === '.' ? byPoint.test(body) : byComma.test(body) || byLakh.test(body);
    const isDecimal = decimal === (sign === '.' ? 'point' : 'comma');
    return isGrouped && !isDecimal ? body.replaceAll(sign, '') : undefined;
  }
  if (!/^\d*[.,]\d+$/.test(body)) return undefined;
  // One sign and three digits: a thousand, or three decimals.
  const isEither = /^[1-9]\d{0,2}[.,]\d{3}$/.test(body);
  const isDecimal = !isEither || decimal === (sign === '.' ? 'point' : 'comma');
  if (isDecimal) return `0${body.replace(',', '.')}`;
  return decimal === undefined ? null : body.replace(/[.,]/, '');
}

function withDecimals(body: string, sign: '.' | ','): string | undefined {
  const at = body.lastIndexOf(sign);
  const [whole, decimals] = [body.slice(0, at), body.slice(at + 1)];
  const isGrouped = sign === ',' ? byPoint.test(whole) : byComma.test(whole) || byLakh.test(whole);
  return isGrouped && /^\d+$/.test(decimals) ? `${whole.replace(/[.,]/g, '')}.${decimals}` : undefined;
}
