/** Counts the management calls of each account, and reports them as Meta does. */
import type { BehaviourStore } from './behaviour-store.ts';
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import { createWindowLog } from './rates.ts';

const HOUR_MS = 3_600_000;
/** The limit of an account with a registered number. */
const META_CALLS_PER_HOUR = 5_000;

export interface Management {
  /** Counts and answers the call, with the usage in the headers; refuses it with 80007 above the cap. */
  answer(wabaId: string, act: () => HttpAnswer): HttpAnswer;
}

export function createManagement(store: BehaviourStore): Management {
  const calls = createWindowLog();

  return {
    answer(wabaId, act) {
      const now = Date.now();
      const cap = store.current().managementCallsPerHour;
      const limit = { events: cap ?? META_CALLS_PER_HOUR, windowMs: HOUR_MS };
      const isOver = cap !== null && !calls.hasRoom(wabaId, limit, now);
      if (!isOver) calls.add(wabaId, now);
      const percent = Math.ceil((calls.count(wabaId, HOUR_MS, now) * 100) / Math.max(1, limit.events));
      const usage = {
        type: 'whatsapp',
        call_count: isOver ? 100 : percent,
        total_cputime: 0,
        total_time: 0,
        estimated_time_to_regain_access: isOver ? 60 : 0,
      };
      const headers = { 'x-business-use-case-usage': JSON.stringify({ [wabaId]: [usage] }) };
      const answer = isOver ? refuse(80007) : act();
      return { ...answer, headers: { ...answer.headers, ...headers } };
    },
  };
}
