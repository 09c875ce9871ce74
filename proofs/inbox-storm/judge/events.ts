import type { Listened, NumberedFact, ShownConversation, StormFacts } from '../facts.ts';

type Facts = Pick<StormFacts, 'events' | 'listened' | 'conversations'>;

/** Numbers without a gap; each client got what it may see, in order, once; the last event of each thread is its state. Pure. */
export function* judgeEvents({ events, listened, conversations }: Facts): Generator<string> {
  yield* judgeNumbers(events);
  for (const client of listened) yield* judgeClient(client, events);
  const last = new Map(events.map(({ entity, view }) => [entity, view]));
  for (const { id, shown } of conversations) {
    const view = last.get(`conversation:${id}`);
    if (view === undefined) yield `conversation ${id} was never told`;
    else yield* judgeState(id, shown, view);
  }
}

function* judgeNumbers(events: readonly NumberedFact[]): Generator<string> {
  const versions = new Map<string, number>();
  const ids = new Set<string>();
  for (const [index, { seq, id, entity, version }] of events.entries()) {
    if (seq !== index + 1) {
      yield `event ${index + 1} is missing or there twice: ${seq} follows ${index}`;
      return;
    }
    if (ids.has(id)) yield `event ${id} is numbered twice`;
    ids.add(id);
    const before = versions.get(entity) ?? -1;
    if (version <= before) yield `event ${seq}: ${entity} has version ${version} after ${before}`;
    versions.set(entity, version);
  }
}

function* judgeClient(client: Listened, events: readonly NumberedFact[]): Generator<string> {
  const { name, role, from, resets } = client;
  if (resets > 0) yield `${name} was reset ${resets} times`;
  const mayBeSeen = ({ audience }: NumberedFact) =>
    audience === 'everyone' || (audience === 'admins' && role === 'admin');
  const expected = events.filter((event) => event.seq > from && mayBeSeen(event));
  let last = from;
  for (const { seq } of client.events) {
    if (seq === last) yield `${name} got event ${seq} twice`;
    else if (seq < last) yield `${name} got event ${seq} after ${last}`;
    last = seq;
  }
  const got = new Map(client.events.map((event) => [event.seq, event]));
  for (const { seq, id, entity, version } of expected) {
    const heard = got.get(seq);
    got.delete(seq);
    if (heard === undefined) yield `${name} missed event ${seq} (${entity})`;
    else if (heard.id !== id || heard.entity !== entity || heard.version !== version)
      yield `${name} got another event as ${seq}`;
  }
  for (const seq of got.keys()) yield `${name} got event ${seq}, which it may not see`;
}

function* judgeState(
  id: string,
  shown: ShownConversation,
  view: Readonly<Record<string, unknown>>,
): Generator<string> {
  for (const [field, value] of Object.entries(shown))
    if (view[field] !== value)
      yield `conversation ${id}: ${field} was last told as ${String(view[field])} and is ${String(value)}`;
}
