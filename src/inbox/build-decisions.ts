import { combineTables } from '../platform/registry.ts';
import type { Timers } from '../timers/timers.ts';
import { buildAssignment, type AssignmentDeps } from './assignment/build.ts';
import { createAutoClosing } from './auto-closing/closer.ts';
import type { FindLastWords } from './auto-closing/last-words.ts';
import type { ConversationRepository } from './conversations/repository.ts';
import { createFollowSnooze } from './conversations/snooze-timers.ts';
import { createWaking } from './conversations/waking.ts';
import type { InboxSettingsReader } from './settings/reader.ts';

interface DecisionDeps extends Pick<
  AssignmentDeps,
  'mongo' | 'deadlines' | 'followClosing' | 'teams' | 'findWait' | 'audit' | 'clock'
> {
  readonly repository: ConversationRepository;
  readonly readSettings: InboxSettingsReader;
  readonly findLastWords: FindLastWords;
  readonly timers: Pick<Timers, 'arm' | 'disarm'>;
}

/** The decisions about conversations: of users and the queue, of snoozes that end, of silence. */
export function buildDecisions(deps: DecisionDeps) {
  const { mongo, repository: conversations, deadlines, timers, audit, clock } = deps;
  const { readSettings, teams, findWait, findLastWords } = deps;
  const { runInTransaction } = audit;
  const assignment = buildAssignment({
    ...{ mongo, conversations, deadlines, followSnooze: createFollowSnooze(timers), teams, findWait },
    ...{ followClosing: deps.followClosing, timers, audit, clock },
  });
  const { resource, assignments } = assignment;
  const deciding = { conversations, resource, assignments, runInTransaction, clock };
  const waking = createWaking(deciding);
  const closing = createAutoClosing({ ...deciding, readSettings, findLastWords, timers });
  return {
    assignment,
    wakeByMessage: waking.wakeByMessage,
    followSettings: closing.followSettings,
    timerHandlers: combineTables(assignment.timerHandlers, waking.handlers, closing.handlers),
  };
}
