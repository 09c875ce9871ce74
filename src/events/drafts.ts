import type { Audience, EventTable, NewEvent } from './declare.ts';
import type { OutboxEventDoc } from './model.ts';

/** An event is ids and a few fields; a stream sends thousands of them. */
export const maxViewBytes = 4_096;

type Draft = Omit<OutboxEventDoc, '_id' | 'clientId'>;

/** The event of a fact, without a number. Drops fields that its type does not declare; throws if the view is too large. */
export function draftEvent(table: EventTable, fact: NewEvent, at: Date): Draft {
  const { type, entity, version } = fact;
  const { view: schema, audience } = table[type];
  const view = schema.parse(fact.view);
  assertSmall(type, view);
  return { type, entity, version, at, ...toStored(fact.audience ?? audience), view, isPending: true };
}

export function assertSmall(type: string, view: Readonly<Record<string, unknown>>): void {
  const bytes = Buffer.byteLength(JSON.stringify(view));
  if (bytes > maxViewBytes) throw new Error(`The view of ${type} has ${bytes} bytes, over ${maxViewBytes}.`);
}

const toStored = (audience: Audience): Pick<Draft, 'audience' | 'userId'> =>
  typeof audience === 'string' ? { audience } : { audience: 'user', userId: audience.userId };
