/**
 * Whether Meta still takes management calls (templates, numbers, account), by the usage that it reports with every
 * answer. Pure. Source: Graph API rate limits, headers `X-Business-Use-Case-Usage` and `X-App-Usage`.
 */
export interface ManagementUsage {
  /** The highest of Meta's counts, in percent of its limit for the rolling hour. */
  readonly usedPercent: number;
  /** Meta's estimate of when it accepts calls again; 0 while it does. */
  readonly regainAfterMs: number;
}

/** Header names in lower case, as HTTP clients report them. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const unused: ManagementUsage = { usedPercent: 0, regainAfterMs: 0 };

/** Stops short of the limit, because reaching it blocks calls for longer. */
const closedFromPercent = 95;
const minuteMs = 60_000;
/** After this wait a good part of the rolling hour's calls no longer counts. */
const cautiousWaitMs = 5 * minuteMs;
/** The wait after a refusal without an estimate. */
const refusedWaitMs = 15 * minuteMs;
/** Longer estimates are cut to a day. */
const maxWaitMs = 24 * 60 * minuteMs;

/** Codes of the call limits: app, user, custom, business account. */
const refusalCodes: ReadonlySet<number> = new Set([4, 17, 613, 80007]);

/** The usage in the headers of one answer; null if there is none, or none that can be parsed. */
export function parseUsage(headers: AnswerHeaders): ManagementUsage | null {
  const reports = [
    ...Object.values(objectIn(headers['x-business-use-case-usage'])).flatMap(listOf),
    objectIn(headers['x-app-usage']),
  ].flatMap(usageIn);
  if (reports.length === 0) return null;
  return reports.reduce((worst, report) => ({
    usedPercent: Math.max(worst.usedPercent, report.usedPercent),
    regainAfterMs: Math.max(worst.regainAfterMs, report.regainAfterMs),
  }));
}

function objectIn(header: string | readonly string[] | undefined): Readonly<Record<string, unknown>> {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const countFields = ['call_count', 'total_time', 'total_cputime'] as const;

function usageIn(value: unknown): ManagementUsage[] {
  if (!isObject(value)) return [];
  const counts = countFields.map((name) => value[name]).filter(isCount);
  if (counts.length === 0) return [];
  const minutes = value['estimated_time_to_regain_access'];
  const regainAfterMs = isCount(minutes) ? Math.min(minutes * minuteMs, maxWaitMs) : 0;
  return [{ usedPercent: Math.max(...counts), regainAfterMs }];
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** One answer of Meta to a management call. */
export interface ManagementAnswer {
  readonly headers: AnswerHeaders;
  /** The provider's error code, if it refused. */
  readonly errorCode?: number;
}

/** The usage after an answer, and how long to make no calls; null if the answer reports nothing. */
export function usageAfter({
  headers,
  errorCode,
}: ManagementAnswer): (ManagementUsage & { waitMs: number }) | null {
  const isRefused = errorCode !== undefined && refusalCodes.has(errorCode);
  const usage = parseUsage(headers);
  if (usage === null && !isRefused) return null;
  const { usedPercent, regainAfterMs } = usage ?? unused;
  if (isRefused) {
    return { usedPercent: Math.max(usedPercent, 100), regainAfterMs, waitMs: regainAfterMs || refusedWaitMs };
  }
  const isNearlyFull = usedPercent >= closedFromPercent;
  return { usedPercent, regainAfterMs, waitMs: regainAfterMs || (isNearlyFull ? cautiousWaitMs : 0) };
}
