import type { Clock } from '../../platform/clock.ts';
import { newId, newSecret } from '../../platform/ids.ts';
import type { Timers } from '../../timers/timers.ts';
import type { FollowClosing } from '../conversations/closings.ts';
import type { InboxSettingsReader } from '../settings/reader.ts';
import type { SurveyRepository } from './repository.ts';
import { askAfterMs, episodeSince, mayAsk } from './rules.ts';

/** The kind of the timer that asks; its subject is the survey. */
export const askTimer = 'survey.ask';

/** Bytes of a secret in the ids of answers: 22 characters. */
const secretBytes = 16;

interface ClosingDeps {
  readonly surveys: Pick<SurveyRepository, 'insert'>;
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly clock: Clock;
}

/** Notes a survey of the episode that a closing ends, in its transaction; a timer asks. */
export const createFollowClosing =
  ({ surveys, readSettings, timers, clock }: ClosingDeps): FollowClosing =>
  async (scope, { before, after }, session) => {
    if (before.status === 'closed' || after.status !== 'closed') return;
    const { satisfactionSurvey } = await readSettings(scope, session);
    const { _id: conversationId, contactId, channelId, assignedAgentId: agentId } = after;
    const closing = {
      isOn: satisfactionSurvey !== undefined,
      isGroup: after.group !== undefined,
      windowExpiresAt: after.windowExpiresAt ?? null,
    };
    const closedAt = after.closedAt ?? clock.now();
    if (!mayAsk(closing, closedAt)) return;
    const cycle = after.reopenings ?? 0;
    const since = episodeSince(before.history, cycle);
    const fresh = {
      ...{ _id: newId(), ...scope, conversationId, cycle, contactId, channelId, closedAt },
      ...(agentId === undefined ? {} : { agentId }),
      ...(since === null ? {} : { since }),
      ...({ secret: newSecret(secretBytes), step: 'waiting', version: 1 } as const),
    };
    if (!(await surveys.insert(scope, fresh, session))) return;
    const dueAt = new Date(closedAt.getTime() + askAfterMs);
    await timers.arm(scope, { kind: askTimer, subjectId: fresh._id, dueAt }, session);
  };
