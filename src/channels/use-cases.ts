import type { Types } from 'mongoose';
import type { Resource, ResourceRef } from '../audit/resource.ts';
import type { AuditActor, AuditService } from '../audit/service.ts';
import type { Cipher } from '../platform/cipher.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, wrongState } from '../platform/errors.ts';
import type { AwaitCalls } from '../openings/closings.ts';
import type { Logger } from '../platform/logger.ts';
import type { GateOpenings } from '../openings/openings.ts';
import { newId, newSecret, sha256Hex } from '../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { channelChange, createChannelResource } from './changes.ts';
import { createConnecting } from './ownership/connecting.ts';
import { isVerified } from './ownership/rules.ts';
import type { NumberQuestions } from './numbers/answers.ts';
import type { ChannelChange, ChannelDoc, ChannelRepository } from './store/repository.ts';
import { stateAfterRequest, stateOf } from './rules.ts';
import type { CreateChannelBody, PatchChannelBody } from './schemas.ts';
import type { ChannelDirectory } from './directory.ts';

/** Lists what still uses a channel, as parts of a sentence such as `templates (1)`. */
export type ChannelUsage = (scope: ClientScope, channelId: Types.ObjectId) => Promise<readonly string[]>;

export interface ChannelUseCaseDeps {
  readonly channels: ChannelRepository;
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: NumberQuestions;
  readonly usage: ChannelUsage;
  readonly audit: AuditService;
  /** Records, in the transaction of a change, the gates that the change opens. */
  readonly openings: GateOpenings;
  readonly awaitCalls: AwaitCalls;
  readonly cipher: Cipher;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Default rate of new channels. */
  readonly sendsPerSecond: number;
}

export interface WithWebhookKey {
  readonly channel: ChannelDoc;
  /** The secret part of the channel's own webhook address; only its hash is stored. */
  readonly webhookKey: string;
}

export type ChannelUseCases = ReturnType<typeof createChannelUseCases>;

/** The actions of admins on channels. Sending and receiving use the directory. */
export function createChannelUseCases(deps: ChannelUseCaseDeps) {
  const { channels, usage, cipher, clock } = deps;
  const resource = createChannelResource(deps);
  const connecting = createConnecting(deps, resource);
  const settled = settleWith(deps.awaitCalls);

  return {
    ...createActions(resource, settled),

    get: (scope: ClientScope, id: Types.ObjectId): Promise<ChannelDoc> =>
      resource.require(scope, { id, version: undefined }),

    /**
     * Connects a number and asks the provider at once whether it belongs to the holder of the token. Without a complete
     * proof the channel is unverified. Throws `channel-limit`, and `already-exists` if the client has a channel with this number, or another
     * channel has proved it as well.
     */
    async create(scope: ClientScope, by: AuditActor, body: CreateChannelBody): Promise<WithWebhookKey> {
      // Spares the calls to the provider; the unique index is what holds.
      if ((await channels.findByPhoneNumberId(scope, body.phoneNumberId)) !== null) throw alreadyConnected();
      await channels.requirePlace(scope);
      const webhookKey = newSecret();
      const draft = draftChannel(scope, { body, webhookKey }, deps);
      try {
        const channel = await connecting.connect({ scope, by }, draft, body.accessToken);
        return { channel, webhookKey };
      } catch (error) {
        throw isDuplicateKey(error) ? alreadyConnected() : error;
      }
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
        ...(appSecret === undefined ? {} : { appSecret: appSecret === null ? null : seal(appSecret) }),
      };
      if (accessToken === undefined) {
        return resource.change(
          scope,
          by,
          ref,
          channelChange('channel.updated', () => changes),
        );
      }
      const withToken = { ...changes, accessToken: seal(accessToken) };
      const changed = await connecting.changeToken(
        { scope, by },
        {
          ref,
          accessToken,
          // If the old token caused the pause, the new one is checked at once.
          changes: ({ pause }) =>
            pause?.class === 'credentials'
              ? { ...withToken, pause: { ...pause, nextCheckAt: clock.now() } }
              : withToken,
        },
      );
      return settled(changed);
    },

    /** Asks the provider about the number; stores the resulting state and ownership. Throws `dependency-away`. */
    verify: async (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> =>
      settled(await connecting.verify({ scope, by }, ref)),

    /**
     * Deletes an unused channel; its closed conversations and messages stay readable. A message that is accepted
     * during the deletion fails, because its workflow finds no channel.
     */
    async delete(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<void> {
      await resource.remove(scope, by, ref, async () => {
        const uses = await usage(scope, ref.id);
        if (uses.length > 0) throw new AppError('in-use', `The channel still has ${uses.join(', ')}.`);
      });
      await deps.awaitCalls(scope, { channelId: ref.id });
    },
  };
}

type Settled = (channel: ChannelDoc) => Promise<ChannelDoc>;

/** Returns a stored channel; one that must not send only when no call of it can begin. Also after a repetition. */
const settleWith =
  (awaitCalls: AwaitCalls): Settled =>
  async (channel) => {
    const { clientId, _id: channelId, state } = channel;
    if (state !== 'active' || !isVerified(channel)) await awaitCalls({ clientId }, { channelId });
    return channel;
  };

const createActions = (resource: Resource<ChannelDoc>, settled: Settled) => ({
  /** Resolves when no call of the channel can begin any more. */
  async pause(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> {
    const change = channelChange('channel.paused', (channel) => requestedState(channel, 'pause'));
    return settled(await resource.change(scope, by, ref, change));
  },

  resume: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> =>
    resource.change(
      scope,
      by,
      ref,
      channelChange('channel.resumed', (channel) => requestedState(channel, 'resume')),
    ),

  /** Replaces the webhook address of the channel; the old one stops working within a second. */
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
    createdAt: deps.clock.now(),
    version: 1,
  };
}

function requestedState(channel: ChannelDoc, request: 'pause' | 'resume'): ChannelChange {
  const next = stateAfterRequest(stateOf(channel), request);
  if (next !== null) return next;
  throw wrongState(`A disconnected channel cannot be ${request}d. Verify it first.`, 'disconnected');
}

const alreadyConnected = (): AppError =>
  new AppError('already-exists', 'The business already has a channel with this phoneNumberId.');
