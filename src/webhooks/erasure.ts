import type { ClientSession, Connection, Types } from 'mongoose';
import type { ChannelDirectory, ChannelDoc } from '../channels/directory.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { openPlatformCollection } from '../platform/platform-collection.ts';
import { listChannelsOf } from './channels-of-client.ts';
import { holdsOf } from './holds.ts';
import { holdFields, webhookEventModel, type WebhookEventDoc } from './model.ts';
import { canonicalIdOf, manyPersons, personKeyOf } from './persons.ts';
import { redactBody } from './redaction.ts';

interface ErasureDeps {
  readonly mongo: Connection;
  readonly channels: Pick<ChannelDirectory, 'list'>;
}

/** The stored fields that decide what happens to an event. */
type Found = Pick<WebhookEventDoc, '_id' | 'channelId' | 'persons' | 'body' | 'isUrgent' | 'holdsSends'>;

/** Removes a person from the stored webhook events of a client. */
export function createErasure({ mongo, channels }: ErasureDeps) {
  const events = openPlatformCollection(webhookEventModel, mongo);

  return {
    /**
     * Deletes the processed, parked and dead events about the client's channels that name the person, in the transaction
     * of the caller. Of events that name others too, only the person's items. An event that waits for its first attempt
     * is left: it is newer than the wish to erase, and it may be an opt-out.
     */
    async erasePerson(
      scope: ClientScope,
      identities: readonly string[],
      session: ClientSession,
    ): Promise<void> {
      const ids = new Set(identities.map(canonicalIdOf));
      const keys = new Set(identities.map(personKeyOf));
      if (ids.size === 0) return;
      const isOwn = ownershipOf(await listChannelsOf(channels, scope));
      const whole: Types.ObjectId[] = [];
      const found = events
        .find({ status: { $in: ['parked', 'dead', 'done'] }, $or: eventsNaming(ids, keys) }, { session })
        .project<Found>({ channelId: 1, persons: 1, body: 1, isUrgent: 1, holdsSends: 1 });
      for await (const event of found) {
        if (!isOwn(event)) continue;
        const others = event.persons?.filter((key) => !keys.has(key)) ?? [];
        const body = others.length === 0 ? null : redactBody(event.body, ids);
        if (body === null) {
          whole.push(event._id);
          continue;
        }
        await events.updateOne(
          { _id: event._id },
          // A processor that holds it loses its lease: it would store a progress of the old body.
          redactionOf(event, { body, persons: others }),
          { session },
        );
      }
      if (whole.length > 0) await events.deleteMany({ _id: { $in: whole } }, { session });
    },
  };
}

/** The update after which only the rest is stored, which holds those whom it names if the event was unread. */
function redactionOf(
  { isUrgent, holdsSends }: Found,
  rest: { readonly body: string; readonly persons: readonly string[] },
) {
  const holding = holdsSends ? holdsOf({ ...rest, isUrgent: isUrgent === true }) : {};
  const gone = Object.keys(holdFields).filter((field) => !(field in holding));
  return {
    $set: { ...rest, ...holding },
    $unset: {
      progress: 1 as const,
      leaseToken: 1 as const,
      ...Object.fromEntries(gone.map((field) => [field, 1])),
    },
  };
}

const eventsNaming = (ids: ReadonlySet<string>, keys: ReadonlySet<string>) => [
  { persons: { $in: [...keys] } },
  { persons: manyPersons, body: { $regex: [...ids].map(escapePattern).join('|') } },
];

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Whether an event concerns one of the channels; bodies of the provider may concern several clients. */
function ownershipOf(channels: readonly ChannelDoc[]): (event: Found) => boolean {
  const ownIds = new Set(channels.map(({ _id }) => _id.toHexString()));
  const names = channels.flatMap(({ phoneNumberId, wabaId }) => [`"${phoneNumberId}"`, `"${wabaId}"`]);
  return ({ channelId, body }) =>
    channelId === undefined ? names.some((name) => body.includes(name)) : ownIds.has(channelId.toHexString());
}
