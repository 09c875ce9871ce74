import type { Types } from 'mongoose';
import type { Resource, ResourceRef } from '../audit/resource.ts';
import type { AuditActor, AuditService } from '../audit/service.ts';
import type { Cipher } from '../platform/cipher.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { GateOpenings } from '../openings/openings.ts';
import { newId, newSecret, sha256Hex } from '../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import type { NumberAnswer, NumberGateway } from '../whatsapp/gateway.ts';
import { channelChange, createChannelResource } from './changes.ts';
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
import type { ChannelDirectory } from './directory.ts';

/** What still needs a channel, as parts of a sentence: `3 messages that have not left`. */
export type ChannelUsage = (scope: ClientScope, channelId: Types.ObjectId) => Promise<readonly string[]>;

export interface ChannelUseCaseDeps {
  readonly channels: ChannelRepository;
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: Pick<NumberGateway, 'describeNumber' | 'describeAccount'>;
  readonly usage: ChannelUsage;
  readonly audit: AuditService;
  /** Records in the same transaction that a channel is active again. */
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

export type ChannelUseCases = ReturnType<typeof createChannelUseCases>;

/** What admins do with channels. Sending and receiving go through the directory. */
export function createChannelUseCases(deps: ChannelUseCaseDeps) {
  const { usage, cipher, clock } = deps;
  const resource = createChannelResource(deps);

  return {
    ...createActions(deps, resource),

    get: (scope: ClientScope, id: Types.ObjectId): Promise<ChannelDoc> =>
      resource.require(scope, { id, version: undefined }),

    /** Connects a number without asking the provider: `verify` asks, and a worker does soon. */
    async create(scope: ClientScope, by: AuditActor, body: CreateChannelBody): Promise<WithWebhookKey> {
      const webhookKey = newSecret();
      const channel = draftChannel(scope, { body, webhookKey }, deps);
      try {
        await resource.create(scope, by, channel);
      } catch (error) {
        // The same detail whoever has the number: who else is a customer here is not the caller's business.
        throw isDuplicateKey(error)
          ? new AppError('already-exists', 'A channel with this phoneNumberId already exists.')
          : error;
      }
      return { channel, webhookKey };
    },

    async patch(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
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
      return resource.change(
        scope,
        by,
        ref,
        channelChange('channel.updated', ({ pause }) =>
          // A new token is tried at once if the old one caused the pause.
          accessToken !== undefined && pause?.class === 'credentials'
            ? { ...changes, pause: { ...pause, nextCheckAt: clock.now() } }
            : changes,
        ),
      );
    },

    /**
     * Deletes an unused channel; its closed conversations and messages stay readable. A message that is accepted
     * during the deletion fails, because its workflow finds no channel.
     */
    delete: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> =>
      resource.remove(scope, by, ref, async () => {
        const uses = await usage(scope, ref.id);
        if (uses.length > 0) throw new AppError('in-use', `The channel still has ${uses.join(', ')}.`);
      }),
  };
}

const createActions = (
  { channels, directory, gateway, clock }: ChannelUseCaseDeps,
  resource: Resource<ChannelDoc>,
) => ({
  pause: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> =>
    resource.change(
      scope,
      by,
      ref,
      channelChange('channel.paused', (channel) => wished(channel, 'pause')),
    ),

  resume: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> =>
    resource.change(
      scope,
      by,
      ref,
      channelChange('channel.resumed', (channel) => wished(channel, 'resume')),
    ),

  /** Asks the provider about the number with the channel's credentials, and stores what follows. */
  async verify(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> {
    const asked = await resource.require(scope, ref);
    const knowledge = await askAboutNumber(gateway, directory.numberOf(asked));
    const next = stateAfterAnswer(stateOf(asked), knowledge.number);
    if (next === null) throw providerAway(knowledge.number);
    const changes: ChannelChange = { ...next, ...learntFrom(asked, knowledge, clock.now()) };
    // The answer holds for the credentials that were used, so it may only change the version that was asked about.
    const askedRef = { id: asked._id, version: asked.version };
    const verified = await resource.change(
      scope,
      by,
      askedRef,
      channelChange('channel.verified', () => changes),
    );
    if (isLookOver(knowledge)) await channels.finishLook(scope, asked);
    else await channels.askForLook(scope, asked._id, nextLookAfter({ tries: 1 }, clock.now()));
    return verified;
  },

  /** Replaces the channel's own webhook address; the old one ends within a second. */
  async replaceWebhookKey(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<WithWebhookKey> {
    const webhookKey = newSecret();
    const changes = { webhookKeyHash: sha256Hex(webhookKey) };
    const change = channelChange('channel.webhook-key-replaced', () => changes);
    return { webhookKey, channel: await resource.change(scope, by, ref, change) };
  },
});

function draftChannel(
  scope: ClientScope,
  { body, webhookKey }: { body: CreateChannelBody; webhookKey: string },
  deps: ChannelUseCaseDeps,
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

const providerAway = (answer: NumberAnswer): AppError => {
  const waitMs = answer.kind === 'refused' ? answer.retryAfterMs : undefined;
  return new AppError('dependency-away', 'The provider could not be asked; nothing was changed.', {
    retryAfterSeconds: waitMs === undefined ? 30 : Math.ceil(waitMs / 1_000),
  });
};
