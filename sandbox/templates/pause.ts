/** Pauses of templates, and when a call can end them. Pure. */
import { isRecord, textOrNull } from '../json.ts';
import type { Template } from './template.ts';

const FIRST_PAUSE = 'FIRST_PAUSE';
/** The only pause that does not end by itself: early recipients disliked the template. */
const PACING_PAUSE = 'RATE_LIMITING_PAUSE';

/** Starts the pause of a paused template unless it has one, and removes it from all others. */
export function withPause(template: Template, otherInfo: unknown, now: number): Template {
  const { pause, ...rest } = template;
  if (template.status !== 'PAUSED') return rest;
  const title = isRecord(otherInfo) ? textOrNull(otherInfo['title']) : null;
  return { ...rest, pause: pause ?? { since: now, title: title ?? FIRST_PAUSE } };
}

/** Why a pause cannot be ended now; null if it can. */
export function unpauseProblem({ pause }: Template, now: number, minMs: number): string | null {
  if (pause?.title !== PACING_PAUSE) return 'Only a template that was paused by pacing can be unpaused.';
  return now < pause.since + minMs
    ? `The template can be unpaused ${Math.ceil(minMs / 60_000)} minutes after it was paused.`
    : null;
}
