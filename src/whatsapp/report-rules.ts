import { z } from 'zod';
import { knownAccountWords } from './known-words.ts';

/** How urgently people should read a report. `critical`: sending stops or will stop. */
export const reportSeverities = ['info', 'warning', 'critical'] as const;
export type ReportSeverity = (typeof reportSeverities)[number];

type Path = readonly string[];

/** Where the fields have their word, most specific first. Every other field is asked for `event` and `status`. */
const wordPaths: Readonly<Record<string, readonly Path[]>> = {
  account_alerts: [['alert_info', 'alert_type'], ['alert_type']],
  account_review_update: [['decision']],
  phone_number_name_update: [['decision']],
  message_template_quality_update: [['new_quality_score']],
  template_category_update: [['correct_category'], ['new_category']],
  errors: [['code']],
  history: [['errors', 'code']],
};
const defaultWordPaths: readonly Path[] = [['event'], ['status'], ['type']];

/** The provider's word for the event; null if the value has none. */
export function wordOf(field: string, value: unknown): string | null {
  const paths = Object.hasOwn(wordPaths, field) ? (wordPaths[field] ?? []) : defaultWordPaths;
  const words = paths.map((path) => valueAt(value, path));
  const word = words.find((one) => typeof one === 'string' || typeof one === 'number');
  return word === undefined || word === '' ? null : String(word);
}

function valueAt(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const step of path) {
    const one: unknown = Array.isArray(at) ? at[0] : at;
    if (typeof one !== 'object' || one === null || !Object.hasOwn(one, step)) return undefined;
    at = (one as Readonly<Record<string, unknown>>)[step];
  }
  return Array.isArray(at) ? at[0] : at;
}

const criticalAccountWords = new Set([
  'ACCOUNT_DELETED',
  'ACCOUNT_OFFBOARDED',
  'ACCOUNT_RESTRICTION',
  'ACCOUNT_VIOLATION',
  'DISABLED_UPDATE',
  'PARTNER_APP_UNINSTALLED',
  'PARTNER_REMOVED',
]);

/** Words that mean a loss in the fields of numbers, templates, flows and solutions. */
const badWords =
  /REJECT|FLAG|PAUSE|DISABL|DOWNGRADE|LIMIT_EXCEEDED|PENDING_DELETION|LOCKED|DEACTIVAT|BLOCKED|THROTTLED|FAIL|RED\b/i;

const isBad = (word: unknown): boolean => typeof word === 'string' && badWords.test(word);

/** The severity of an event. An unknown word is a warning: somebody should look what it means. */
export function severityOf(field: string, word: string | null, value: unknown): ReportSeverity {
  switch (field) {
    case 'account_update':
      return accountSeverity(word ?? '', value);
    case 'account_review_update':
      if (word === 'APPROVED') return 'info';
      return word === 'REJECTED' ? 'critical' : 'warning';
    case 'account_alerts':
      return alertSeverity(valueAt(value, ['alert_info', 'alert_severity']));
    case 'security':
    case 'errors':
      return 'warning';
    case 'history':
      return word === null ? 'info' : 'warning';
    case 'template_category_update':
      return valueAt(value, ['correct_category']) === undefined ? 'info' : 'warning';
    case 'flows':
      return isBad(word) || isBad(valueAt(value, ['new_status'])) ? 'warning' : 'info';
    default:
      return isBad(word) ? 'warning' : 'info';
  }
}

function accountSeverity(word: string, value: unknown): ReportSeverity {
  if (word === 'DISABLED_UPDATE' && valueAt(value, ['ban_info', 'waba_ban_state']) === 'REINSTATE')
    return 'info';
  if (criticalAccountWords.has(word)) return 'critical';
  return knownAccountWords.has(word) ? 'info' : 'warning';
}

function alertSeverity(given: unknown): ReportSeverity {
  if (given === 'CRITICAL') return 'critical';
  return given === 'INFORMATIONAL' ? 'info' : 'warning';
}

/** Where values have the time of their effect. Of several restrictions the first counts; all are in the details. */
const effectPaths: readonly Path[] = [
  ['ban_info', 'waba_ban_date'],
  ['restriction_info', 'expiration'],
  ['disable_info', 'disable_date'],
  ['category_update_timestamp'],
];

/** When the event takes or loses effect, in epoch milliseconds; null if the value has no readable time. */
export function effectiveAtOf(value: unknown): number | null {
  for (const path of effectPaths) {
    const time = timeOf(valueAt(value, path));
    if (time !== null) return time;
  }
  return null;
}

const earliestMs = Date.UTC(2000, 0);
const latestMs = Date.UTC(2100, 0);

const Seconds = z.union([z.number(), z.string().regex(/^\d{9,13}$/)]).transform(Number);

/** Meta writes epoch seconds as number or text, and dates in words (`November 30, 2026`), which count as UTC. */
function timeOf(given: unknown): number | null {
  const seconds = Seconds.safeParse(given).data;
  const time = seconds === undefined ? dateOf(given) : seconds > 1e11 ? seconds : seconds * 1_000;
  return time >= earliestMs && time < latestMs ? time : null;
}

function dateOf(given: unknown): number {
  if (typeof given !== 'string' || given.length > 64) return Number.NaN;
  const inUtc = Date.parse(`${given} UTC`);
  return Number.isNaN(inUtc) ? Date.parse(given) : inUtc;
}
