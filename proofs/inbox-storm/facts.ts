/** What a storm leaves behind, as the judge reads it. Ids are hexadecimal, times are epoch milliseconds. */

/** A message of a contact whose webhook was answered with 200. */
export interface PostedMessage {
  readonly wamid: string;
  /** Digits only, as Meta writes them. */
  readonly from: string;
  /** Of its file, hexadecimal; null if it has none. */
  readonly sha256: string | null;
  readonly isFromAd: boolean;
}

export interface StoredMessage {
  readonly wamid: string;
  readonly conversationId: string;
  readonly contactId: string;
}

export interface StoredContact {
  readonly id: string;
  /** Digits only. */
  readonly phone: string;
}

export interface StoredConversation {
  readonly id: string;
  readonly contactId: string;
  readonly status: 'open' | 'pending' | 'closed';
  readonly reopenings: number;
  readonly isFromAd: boolean;
  /** What the API shows of it, and its live events. */
  readonly shown: ShownConversation;
}

export interface ShownConversation {
  readonly status: string;
  readonly assignedAgentId: string | null;
  readonly queuedSince: string | null;
  readonly unreadCount: number;
  readonly lastMessageAt: string;
}

/** A file of a contact as the API serves it. */
export interface StoredFile {
  readonly wamid: string;
  readonly state: string;
  /** Of the downloaded bytes; null if there are none. */
  readonly sha256: string | null;
}

/** An answer that the API accepted, and what became of it. */
export interface AcceptedReply {
  readonly id: string;
  readonly conversationId: string;
}

export interface StoredReply extends AcceptedReply {
  /** How often the provider took it. */
  readonly taken: number;
}

/** The wait for an agent. */
export interface Waiting {
  readonly sinceMs: number;
  readonly excluded: readonly string[];
  readonly excludedUntilMs: number | null;
}

export interface Decision {
  readonly atMs: number;
  /** Null for a decision of a user. */
  readonly reason: string | null;
  /** Undefined for a decision about the status. */
  readonly agentId?: string | null;
}

export interface ConversationState {
  readonly status: string;
  readonly agentId: string | null;
  readonly queue: Waiting | null;
}

export interface ClockState {
  readonly conversationId: string;
  readonly cycle: number;
  readonly deadline: 'first-response' | 'next-response' | 'resolution';
  readonly round: number;
  readonly state: string;
  readonly startedAtMs: number;
  readonly dueAtMs: number | null;
  readonly warnAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly warnedAtMs: number | null;
  readonly breachedAtMs: number | null;
  /** How long it was paused so far. */
  readonly pausedMs: number;
}

/** A change of a stored document: its state after it. */
export type Change =
  | ({
      readonly kind: 'conversation';
      readonly id: string;
      /** The latest entry of the history, if the change added one. */
      readonly decision: Decision | null;
    } & ConversationState)
  | { readonly kind: 'agent'; readonly id: string; readonly openCount: number }
  | ({ readonly kind: 'clock'; readonly id: string } & ClockState)
  /** A process took the queue, or released it (null). */
  | { readonly kind: 'queue'; readonly holder: string | null };

/** What became visible at once: a transaction, or a single write. In the order of the database. */
export interface Commit {
  readonly atMs: number;
  readonly changes: readonly Change[];
}

/** A live event as the database has it. */
export interface NumberedFact {
  readonly seq: number;
  readonly id: string;
  /** `type:id`. */
  readonly entity: string;
  readonly version: number;
  readonly audience: string;
  readonly view: Readonly<Record<string, unknown>>;
}

export type HeardEvent = Pick<NumberedFact, 'seq' | 'id' | 'entity' | 'version'>;

/** What one client of the live events got, over all its connections. */
export interface Listened {
  readonly name: string;
  readonly role: 'admin' | 'agent';
  /** The place at which it began: it has nothing of this number or before. */
  readonly from: number;
  readonly events: readonly HeardEvent[];
  readonly resets: number;
  /** How often it was connected. */
  readonly connections: number;
}

export interface ServiceTerms {
  readonly firstResponseSeconds: number;
  readonly nextResponseSeconds: number;
  readonly resolutionSeconds: number;
  readonly warnAt: number;
}

export interface AssignmentTerms {
  readonly capacity: number;
  readonly fairLimit: { readonly count: number; readonly perSeconds: number };
}

export interface StormFacts {
  readonly posted: readonly PostedMessage[];
  readonly messages: readonly StoredMessage[];
  readonly contacts: readonly StoredContact[];
  readonly conversations: readonly StoredConversation[];
  readonly files: readonly StoredFile[];
  readonly accepted: readonly AcceptedReply[];
  readonly replies: readonly StoredReply[];
  readonly commits: readonly Commit[];
  readonly events: readonly NumberedFact[];
  readonly listened: readonly Listened[];
  readonly assignment: AssignmentTerms;
  readonly service: ServiceTerms;
  /** When everything had come to rest. */
  readonly endedAtMs: number;
}
