import type { mongo } from 'mongoose';
import type { Change, Commit, Decision, Waiting } from './facts.ts';

/** A change of a document, as the database tells it. */
export interface StoredChange {
  readonly operationType: string;
  readonly ns: { readonly coll: string };
  readonly documentKey?: { readonly _id: unknown };
  readonly fullDocument?: mongo.Document;
  readonly updateDescription?: {
    readonly updatedFields?: mongo.Document;
    readonly removedFields?: readonly string[];
    readonly truncatedArrays?: readonly { readonly field: string; readonly newSize: number }[];
  };
  readonly wallTime?: Date;
  /** The place in the log of the database: the changes of a transaction have one. */
  readonly clusterTime?: unknown;
}

/** Makes each version of each document from its changes, and groups what a transaction changed. */
export function createHistory() {
  const documents = new Map<string, mongo.Document>();
  const shown = new Map<string, string>();
  const commits: { atMs: number; changes: Change[] }[] = [];
  let place = '';

  return {
    commits: commits as readonly Commit[],

    add(change: StoredChange): void {
      const { ns, documentKey, wallTime, clusterTime, operationType } = change;
      const key = `${ns.coll}:${String(documentKey?._id)}`;
      const before = documents.get(key) ?? null;
      const after = operationType === 'delete' ? null : versionOf(before, change);
      const last = lastDecision(before);
      if (after === null) documents.delete(key);
      else documents.set(key, after);
      const next = toChange(ns.coll, after, last);
      if (next === null) return;
      const text = JSON.stringify(next);
      if (shown.get(key) === text) return;
      shown.set(key, text);
      const open = commits.at(-1);
      if (String(clusterTime) === place && open !== undefined) open.changes.push(next);
      else commits.push({ atMs: wallTime?.getTime() ?? 0, changes: [next] });
      place = String(clusterTime);
    },
  };
}

/** The next version, without touching the one before. */
function versionOf(before: mongo.Document | null, change: StoredChange): mongo.Document {
  if (change.fullDocument !== undefined) return change.fullDocument;
  const { updatedFields = {}, removedFields = [], truncatedArrays = [] } = change.updateDescription ?? {};
  let after: mongo.Document = before ?? {};
  for (const { field, newSize } of truncatedArrays)
    after = withPath(after, field.split('.'), (list) =>
      Array.isArray(list) ? list.slice(0, newSize) : list,
    );
  for (const [path, value] of Object.entries(updatedFields))
    after = withPath(after, path.split('.'), () => value);
  for (const path of removedFields) after = withPath(after, path.split('.'), () => undefined);
  return after;
}

/** A copy with another value at the path; undefined removes it. */
function withPath(
  document: mongo.Document,
  [first = '', ...rest]: readonly string[],
  change: (value: unknown) => unknown,
): mongo.Document {
  const current: unknown = document[first];
  const inner = typeof current === 'object' && current !== null ? (current as mongo.Document) : {};
  const value = rest.length === 0 ? change(current) : withPath(inner, rest, change);
  if (Array.isArray(document)) return Object.assign([...document], { [first]: value });
  const { [first]: _before, ...others } = document;
  return value === undefined ? others : { ...others, [first]: value };
}

function toChange(collection: string, after: mongo.Document | null, last: string | null): Change | null {
  if (collection === 'leases')
    return { kind: 'queue', holder: after === null ? null : String(after['holder']) };
  if (after === null) return null;
  if (collection === 'agent_states')
    return { kind: 'agent', id: String(after['userId']), openCount: Number(after['openCount']) };
  return collection === 'sla_clocks' ? toClock(after) : toConversation(after, last);
}

function toConversation(after: mongo.Document, last: string | null): Change {
  const decision = lastDecision(after);
  return {
    ...{ kind: 'conversation', id: String(after['_id']), status: String(after['status']) },
    agentId: idOf(after['assignedAgentId']),
    queue: waitingOf(after['queue'] as mongo.Document | null | undefined),
    decision: decision === null || decision === last ? null : (JSON.parse(decision) as Decision),
  };
}

/** The latest entry of the history as text; null if there is none. */
function lastDecision(document: mongo.Document | null): string | null {
  const history = (document?.['history'] ?? []) as readonly mongo.Document[];
  const entry = history.at(-1);
  if (entry === undefined) return null;
  const { at, reason, assignedAgentId } = entry;
  return JSON.stringify({
    atMs: msOf(at),
    reason: reason ?? null,
    ...(assignedAgentId === undefined ? {} : { agentId: idOf(assignedAgentId) }),
  });
}

const waitingOf = (queue: mongo.Document | null | undefined): Waiting | null =>
  queue === undefined || queue === null
    ? null
    : {
        sinceMs: msOf(queue['since']) ?? 0,
        excluded: ((queue['excluded'] ?? []) as readonly unknown[]).map(String),
        excludedUntilMs: msOf(queue['excludedUntil']),
      };

const toClock = (clock: mongo.Document): Change => ({
  ...{ kind: 'clock', id: String(clock['_id']), conversationId: String(clock['conversationId']) },
  cycle: Number(clock['cycle']),
  deadline: clock['kind'] as 'first-response' | 'next-response' | 'resolution',
  round: Number(clock['round']),
  state: String(clock['state']),
  startedAtMs: msOf(clock['startedAt']) ?? 0,
  dueAtMs: msOf(clock['dueAt']),
  warnAtMs: msOf(clock['warnAt']),
  endedAtMs: msOf(clock['endedAt']),
  warnedAtMs: msOf(clock['warnedAt']),
  breachedAtMs: msOf(clock['breachedAt']),
  pausedMs: pausedMsOf((clock['pauses'] ?? []) as readonly { from: Date; to: Date | null }[]),
});

const pausedMsOf = (pauses: readonly { readonly from: Date; readonly to: Date | null }[]): number =>
  pauses.reduce((sum, { from, to }) => sum + (to === null ? 0 : to.getTime() - from.getTime()), 0);

const msOf = (value: unknown): number | null => (value instanceof Date ? value.getTime() : null);

const idOf = (value: mongo.ObjectId | string | null | undefined): string | null =>
  value === undefined || value === null ? null : String(value);
