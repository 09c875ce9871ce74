import { Types, type Connection, type mongo } from 'mongoose';
import { tenantCollections } from './models.ts';

/**
 * The only filters that may cross clients, by collection and exact fields: those of the …AcrossClients repository
 * functions that the API calls. Additions go here, so that a review sees them.
 */
export const crossingFilters: readonly string[] = [
  'users: email',
  'channels: webhookKeyHash',
  'channels: ownership.candidate,phoneNumberId',
  'password_links: tokenHash',
  'email_confirmations: tokenHash',
  'email_change_links: tokenHash',
  'operator_accesses: tokenHash',
  // The sequencer and the tail of live events; the numbers themselves are written client by client.
  'outbox_events: ',
  'outbox_events: _id',
  'outbox_events: isPending',
  'outbox_events: clientId,isPending',
  'event_heads: ',
  'passing_events: ',
  'event_heads: clientId',
  // The marks of live events; they are removed client by client.
  'messages: unpublishedAt',
  'messages: clientId,unpublishedAt',
  'conversations: unpublishedAt',
  'conversations: clientId,unpublishedAt',
  'media_files: unpublishedAt',
  'media_files: clientId,unpublishedAt',
  // The listeners of all open streams are checked together.
  'sessions: _id,endedAt,expiresAt',
  'sessions: endedAt',
  'users: _id,status',
];

/** Further filters of the worker: find the owner of an event, and sweep. */
export const crossingFiltersOfWorker: readonly string[] = [
  ...crossingFilters,
  'channels: ownership.candidate,ownership.state,phoneNumberId',
  'channels: _id',
  'channels: ownership.state,wabaId',
  'channels: pause.nextCheckAt',
  'channels: _id,pause.nextCheckAt',
  'channels: look.at',
  'channels: _id,look.at',
  'contacts: numberSuspect.reviewAt',
  'gate_openings: nextPassAt',
  'template_syncs: nextSyncAt',
  'messages: status,sweptAt,timestamp',
  'messages: _id,status,sweptAt,timestamp',
  'messages: sendAt,status,sweptAt,timestamp,waiting.gate',
  'portfolio_users: expiresAt',
  'timers: attemptAt,clientId',
  // The sealer and the anchors of audit events: the seals themselves are written client by client.
  'audit_events: seq',
  'audit_events: clientId,seq',
  'audit_chains: anchorAt',
  'media_files: startAt,state',
  'media_files: removeAt',
  'queue_wakes: clientId,dueAt',
  'agent_states: clientId',
];

/** Queries of the worker for its metrics, which expose only numbers. */
export const crossingFiltersOfMeasure: readonly string[] = [
  'channels: ownership.state',
  'channels: state',
  'channels: pause.since,state',
  'messages: ',
  'messages: sendAt,status,waiting.gate',
  'messages: clientId,status',
  'messages: clientId,dispatch.startedAt,status,statusHistory.raw.word,timestamp',
  'messages: clientId,status,timestamp',
  'messages: clientId,sendAt,status,waiting.gate',
  'templates: $or',
  'timers: attemptAt',
  'timers: failedAt',
  'audit_events: seq',
];

export interface WireProbe {
  /** The number of commands seen on tenant collections; a probe that sees none proves nothing. */
  readonly seen: () => number;
  /** Violations since the last call; must be empty. */
  takeViolations(): string[];
  stop(): void;
}

/** The database address with the probe's options. */
export function watchedUri(uri: string): string {
  const url = new URL(uri);
  url.searchParams.set('monitorCommands', 'true');
  return url.href;
}

/**
 * Watches every command of the driver and records each one on a tenant collection that is not pinned to one client by
 * equality. The connection must use an address from `watchedUri`.
 */
export function watchWire(connection: Connection, allowed: readonly string[] = crossingFilters): WireProbe {
  const client = connection.getClient();
  let violations: string[] = [];
  let seen = 0;
  const onCommand = ({ commandName, command }: mongo.CommandStartedEvent) => {
    const collection: unknown = (command as Readonly<Record<string, unknown>>)[commandName];
    if (typeof collection !== 'string' || !tenantCollections.has(collection)) return;
    seen += 1;
    for (const problem of problemsOf({ commandName, command, collection }, allowed)) violations.push(problem);
  };
  client.on('commandStarted', onCommand);
  return {
    seen: () => seen,
    takeViolations() {
      const taken = violations;
      violations = [];
      return taken;
    },
    stop: () => void client.off('commandStarted', onCommand),
  };
}

interface Watched {
  readonly commandName: string;
  readonly command: mongo.Document;
  readonly collection: string;
}

/** Cursor reads and the creation of collections and indexes name no documents. */
const harmless = new Set(['getMore', 'killCursors', 'createIndexes', 'create', 'drop', 'listIndexes']);

/** Violations of one command as sentences; empty if it is pinned. */
export function* problemsOf(
  { commandName, command, collection }: Watched,
  allowed: readonly string[],
): Generator<string> {
  if (harmless.has(commandName)) return;
  const filters = filtersOf(commandName, command);
  if (filters === null) {
    yield `${commandName} on ${collection}: not a command that can be pinned`;
    return;
  }
  for (const filter of filters) {
    if (isPinned(filter)) continue;
    const fields = Object.keys(filter).toSorted().join(',');
    if (commandName !== 'insert' && allowed.includes(`${collection}: ${fields}`)) continue;
    yield `${commandName} on ${collection} is not pinned to a client; it names: ${fields === '' ? 'nothing' : fields}`;
  }
}

/** Every filter and every inserted document; null for a command that has neither. */
function filtersOf(commandName: string, command: mongo.Document): mongo.Document[] | null {
  const listOf = (field: string): mongo.Document[] => (command[field] ?? []) as mongo.Document[];
  switch (commandName) {
    case 'find':
      return [(command['filter'] ?? {}) as mongo.Document];
    case 'count':
    case 'distinct':
    case 'findAndModify':
      return [(command['query'] ?? {}) as mongo.Document];
    case 'insert':
      return listOf('documents');
    case 'update':
      return listOf('updates').map((update) => update['q'] as mongo.Document);
    case 'delete':
      return listOf('deletes').map((deletion) => deletion['q'] as mongo.Document);
    case 'aggregate':
      return [(listOf('pipeline')[0]?.['$match'] ?? {}) as mongo.Document];
    default:
      return null;
  }
}

const isPinned = (filter: mongo.Document): boolean => clientOf(filter) !== undefined;

/**
 * The client to which a filter is pinned: by equality at the top level, in a part of a top-level `$and`, or to the same
 * client in every part of a top-level `$or`. `$ne`, `$in` and regular expressions do not count.
 */
function clientOf(filter: mongo.Document): string | undefined {
  const { clientId, $and: all, $or: any } = filter;
  return (
    idOf(clientId) ??
    partsOf(all)
      .map(clientOf)
      .find((client) => client !== undefined) ??
    onlyClientOf(partsOf(any).map(clientOf))
  );
}

function idOf(clientId: unknown): string | undefined {
  if (clientId instanceof Types.ObjectId) return clientId.toHexString();
  if (typeof clientId !== 'object' || clientId === null || Object.keys(clientId).length !== 1)
    return undefined;
  return '$eq' in clientId ? idOf(clientId.$eq) : undefined;
}

const partsOf = (parts: unknown): readonly mongo.Document[] =>
  Array.isArray(parts) ? (parts as readonly mongo.Document[]) : [];

const onlyClientOf = ([client, ...others]: readonly (string | undefined)[]): string | undefined =>
  others.every((other) => other === client) ? client : undefined;
