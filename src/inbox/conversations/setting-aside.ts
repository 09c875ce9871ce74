import type { Change } from '../../audit/resource.ts';
import type { Clock } from '../../platform/clock.ts';
import { wrongState } from '../../platform/errors.ts';
import type { ConversationAssignments } from './assignments.ts';
import type { ConversationRecord, ConversationSnooze } from './model.ts';
import { createDecide } from './resource.ts';
import type { Person } from './taking.ts';

interface SettingAsideDeps {
  readonly assignments: Pick<ConversationAssignments, 'place'>;
  readonly clock: Clock;
}

/** A user snoozes a live conversation. */
export const snoozing = (
  deps: SettingAsideDeps,
  { userId: by }: Person,
  snooze: ConversationSnooze,
): Change<ConversationRecord> => ({
  action: 'conversation.snoozed',
  decide(current, session) {
    if (current.status === 'closed') throw wrongState('The conversation is closed.', 'closed');
    return createDecide(deps)({ status: 'pending', snooze }, { by })(current, session);
  },
});
