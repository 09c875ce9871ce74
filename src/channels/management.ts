import type { ClientSession, Types } from 'mongoose';
import type { AuditActor, AuditService } from '../audit/service.ts';
import type { Cipher } from '../platform/cipher.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, notFound } from '../platform/errors.ts';
import type { GateOpenings } from '../openings/openings.ts';
import { newId, newSecret, sha256Hex } from '../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { differing } from '../platform/update.ts';
import type { NumberAnswer, NumberGateway } from '../whatsapp/gateway.ts';
import { auditOf, noteOpenings } from './changes.ts';
import { askAboutNumber } from './looks.ts';
import type { ChannelChange, ChannelDoc, ChannelRepository } from './store/repository.ts';
import {
  isLookOver,
  learntFrom,
  nextLookAfter,
  stateAfterAnswer,
  stateAfterWish,
  type StateOfChannel,
} from './rules.ts';
import type { CreateChannelBody, PatchChannelBody } from './schemas.ts';
import type { ChannelService } from './service.ts';

/** What still needs a channel, as parts of a sentence: `3 messages that have not left`. */
export type ChannelUsage = (scope: ClientScope, channelId: Types.ObjectId) => Promise<readonly string[]>;

export interface ChannelManagementDeps {
  readonly channels: ChannelRepository;
  readonly service: Pick<ChannelService, 'numberOf' | 'forget'>;
  readonly gateway: Pick<NumberGateway, 'describeNumber' | 'describeAccount'>;
  readonly usage: ChannelUsage;
  readonly audit: AuditService;
  /** Told in the same transaction when a channel becomes active again. */
  readonly openings: GateOpenings;
  readonly cipher: Cipher;
  readonly clock: Clock;
  /** For channels that do not say it. */
  readonly sendsPerSecond: number;
}

export interface WithWebhookKey {
  readonly channel: ChannelDoc;
  /** The secret part of the channel's own webhook address; only its hash is stored. */
  readonly webhookKey: string;
}

/** Which channel, and the version on which a change is based; undefined changes whatever is there. */
export interface ChannelRef {
  readonly id: Types.ObjectId;
  readonly version: number | undefined;
}

export type ChannelManagement = ReturnType<typeof createChannelManagement>;

/** What admins do with channels. Sending and receiving go through the service. */
export function createChannelManagement(deps: ChannelManagementDeps) {
  const { channels, service, cipher, clock } = deps;
  const { change, remove, create } = createAuditedWrites(deps);

  const find = async (scope: ClientScope, id: Types.ObjectId): Promise<ChannelDoc> => {
    const channel = await channels.findById(scope, id);
    if (channel === null) throw notFound('channel');
    return channel;
  };

  return {
    get: find,

    /** Connects a number without asking the provider: `verify` does that, and a worker soon. */
    async create(scope: ClientScope, by: AuditActor, body: CreateChannelBody): Promise<WithWebhookKey> {
      const webhookKey = newSecret();
      const channel = draftChannel(scope, { body, webhookKey }, deps);
      await create(scope, by, channel);
      return { channel, webhookKey };
    },

    async patch(
      scope: ClientScope,
      by: AuditActor,
      ref: ChannelRef,
      { accessToken, appSecret, ...plain }: PatchChannelBody,
    ): Promise<ChannelDoc> {
      const seal = (secret: string) => cipher.seal(secret, ref.id.toHexString());
      const changes = {
        ...(plain as ChannelChange),
        // A new token may see what the old one could not.
        ...(accessToken === undefined
          ? {}
          : { accessToken: seal(accessToken), look: { at: clock.now(), tries: 0 } }),
        ...(appSecret === undefined ? {} : { appSecret: appSecret === null ? null : seal(appSecret) }),
      };
      return change(scope, by, ref, {
        action: 'channel.updated',
        // A new token is tried at once where the old one was the reason of the pause.
        decide: ({ pause }) =>
          accessToken !== undefined && pause?.class === 'credentials'
            ? { ...changes, pause: { ...pause, nextCheckAt: clock.now() } }
            : changes,
      });
    },

    pause: (scope: ClientScope, by: AuditActor, ref: ChannelRef): Promise<ChannelDoc> =>
      change(scope, by, ref, { action: 'channel.paused', decide: (channel) => wished(channel, 'pause') }),

    resume: (scope: ClientScope, by: AuditActor, ref: ChannelRef): Promise<ChannelDoc> =>
      change(scope, by, ref, { action: 'channel.resumed', decide: (channel) => wished(channel, 'resume') }),

    /** Asks the provider about the number with the channel's credentials, and stores what follows. */
    async verify(scope: ClientScope, by: AuditActor, { id, version }: ChannelRef): Promise<ChannelDoc> {
      const asked = await find(scope, id);
      if (version !== undefined && version !== asked.version) throw lostRace();
      const knowledge = await askAboutNumber(deps.gateway, service.numberOf(asked));
      const next = stateAfterAnswer(stateOf(asked), knowledge.number);
      if (next === null) throw providerAway(knowledge.number);
      const changes: ChannelChange = { ...next, ...learntFrom(asked, knowledge, clock.now()) };
      // An answer to other credentials than the present ones says nothing: so only the version that was asked about.
      const ref = { id, version: asked.version };
      const verified = await change(scope, by, ref, { action: 'channel.verified', decide: () => changes });
      if (isLookOver(knowledge)) await channels.finishLook(scope, asked);
      else await channels.askForLook(scope, id, nextLookAfter({ tries: 1 }, clock.now()));
      return verified;
    },

    /** Makes a new webhook address of the channel's own; the old one ends within a second. */
    async replaceWebhookKey(scope: ClientScope, by: AuditActor, ref: ChannelRef): Promise<WithWebhookKey> {
      const webhookKey = newSecret();
      const changes = { webhookKeyHash: sha256Hex(webhookKey) };
      const action = 'channel.webhook-key-replaced';
      return { webhookKey, channel: await change(scope, by, ref, { action, decide: () => changes }) };
    },

    /**
     * Deletes a channel that nothing needs any more; its closed conversations and messages stay readable. A message
     * that is accepted in the very moment of the deletion fails, because its workflow finds no channel.
     */
    delete: (scope: ClientScope, by: AuditActor, ref: ChannelRef): Promise<void> => remove(scope, by, ref),
  };
}

function draftChannel(
  scope: ClientScope,
  { body, webhookKey }: { body: CreateChannelBody; webhookKey: string },
  deps: ChannelManagementDeps,
): ChannelDoc {
  const { accessToken, appSecret, sendsPerSecond = deps.sendsPerSecond, ...fields } = body;
  const _id = newId();
  const seal = (secret: string) => deps.cipher.seal(secret, _id.toHexString());
  return {
    ...fields,
    _id,
    ...scope,
    accessToken: seal(accessToken),
    ...(appSecret === undefined ? {} : { appSecret: seal(appSecret) }),
    webhookKeyHash: sha256Hex(webhookKey),
    sendsPerSecond,
    state: 'active',
    look: { at: deps.clock.now(), tries: 0 },
    createdAt: deps.clock.now(),
    version: 1,
  };
}

const stateOf = ({ state, stateReason, pause }: ChannelDoc): StateOfChannel => ({
  state,
  stateReason: stateReason ?? null,
  pause: pause ?? null,
});

function wished(channel: ChannelDoc, wish: 'pause' | 'resume'): ChannelChange {
  const next = stateAfterWish(stateOf(channel), wish);
  if (next !== null) return next;
  throw new AppError(
    'wrong-state',
    `The channel is disconnected; an active or paused one can be ${wish}d. Verify it first.`,
  );
}

interface AuditedChange {
  readonly action: string;
  /** Works out the change from what is there; it may be called again when somebody was faster. */
  readonly decide: (current: ChannelDoc) => ChannelChange;
}

/** Each write with its audit event in one transaction, then out of this process's memory. */
function createAuditedWrites({ channels, service, usage, audit, openings }: ChannelManagementDeps) {
  const require = async (
    scope: ClientScope,
    { id, version }: ChannelRef,
    session: ClientSession,
  ): Promise<ChannelDoc> => {
    const current = await channels.findById(scope, id, session);
    if (current === null) throw notFound('channel');
    if (version !== undefined && version !== current.version) throw lostRace();
    return current;
  };

  return {
    async create(scope: ClientScope, by: AuditActor, channel: ChannelDoc): Promise<void> {
      try {
        await audit.audited(scope, by, async (session) => {
          await channels.insert(scope, channel, session);
          return { result: undefined, write: auditOf('channel.created', null, channel) };
        });
      } catch (error) {
        // The same words whoever has it: who else is a customer here is nobody's business.
        throw isDuplicateKey(error)
          ? new AppError('already-exists', 'A channel with this phoneNumberId is connected already.')
          : error;
      }
      service.forget(channel);
    },

    async change(
      scope: ClientScope,
      by: AuditActor,
      ref: ChannelRef,
      { action, decide }: AuditedChange,
    ): Promise<ChannelDoc> {
      const { before, after } = await audit.audited(scope, by, async (session) => {
        const current = await require(scope, ref, session);
        const changes = differing(current, decide(current));
        if (Object.keys(changes).length === 0) {
          return { result: { before: current, after: current }, write: null };
        }
        const changed = await channels.update(scope, current, changes, session);
        if (changed === null) throw lostRace();
        await noteOpenings(openings, scope, { before: current, after: changed }, session);
        return { result: { before: current, after: changed }, write: auditOf(action, current, changed) };
      });
      service.forget(before);
      return after;
    },

    async remove(scope: ClientScope, by: AuditActor, ref: ChannelRef): Promise<void> {
      const deleted = await audit.audited(scope, by, async (session) => {
        const current = await require(scope, ref, session);
        const uses = await usage(scope, ref.id);
        if (uses.length > 0) {
          throw new AppError('in-use', `The channel still has ${uses.join(', ')}.`);
        }
        if (!(await channels.delete(scope, current, session))) throw lostRace();
        return { result: current, write: auditOf('channel.deleted', current, null) };
      });
      service.forget(deleted);
    },
  };
}

const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the channel since you read it.');

const providerAway = (answer: NumberAnswer): AppError => {
  const waitMs = answer.kind === 'refused' ? answer.retryAfterMs : undefined;
  return new AppError('dependency-away', 'The provider could not be asked; nothing was changed.', {
    retryAfterSeconds: waitMs === undefined ? 30 : Math.ceil(waitMs / 1_000),
  });
};
