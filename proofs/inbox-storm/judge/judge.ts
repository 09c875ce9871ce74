import type { StormFacts } from '../facts.ts';
import { judgeAssignments } from './assignments.ts';
import { judgeClocks } from './clocks.ts';
import { judgeEvents } from './events.ts';
import { judgeFiles, judgeMessages, judgeReplies } from './messages.ts';

/** One line for each violation; empty is the proof. Pure. */
export const judgeStorm = (facts: StormFacts): readonly string[] => [
  ...judgeMessages(facts),
  ...judgeFiles(facts),
  ...judgeReplies(facts),
  ...judgeAssignments(facts),
  ...judgeClocks(facts),
  ...judgeEvents(facts),
];
