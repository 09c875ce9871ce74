import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc } from './model.ts';

/** What a conversation shows of the survey of its present episode. */
export interface ShownSurvey {
  readonly id: string;
  readonly state: string;
  readonly score: number | null;
  /** The beginning of the comment; null without one. */
  readonly comment: string | null;
}

/** The surveys of the present episodes of conversations, by the ids of these. */
export type FindShownSurveys = (
  scope: ClientScope,
  conversations: readonly ConversationDoc[],
) => Promise<ReadonlyMap<string, ShownSurvey>>;
