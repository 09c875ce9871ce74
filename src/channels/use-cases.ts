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
import { fetchNumberAnswers } from './number-checks.ts';
import type { ChannelChange, ChannelDoc, ChannelRepository } from './store/repository.ts';
import {
  isNumberCheckOver,
  changesFromAnswers,
  nextNumberCheckAfter,
  stateAfterAnswer,
  stateAfterRequest,
  type StateOfChannel,
} from './rules.ts';
import type { CreateChannelBody, PatchChannelBody } from './schemas.ts';
import type { ChannelDirectory } from './directory.ts';

/** Lists what still uses a channel, as parts of a sentence such as `templates (1)`. */
export type ChannelUsage = (scope: ClientScope, channelId: Types.ObjectId) => Promise<readonly string[]>;

export interface ChannelUseCaseDeps {
  readonly channels: ChannelRepository;
  readonly directory: Pick<ChannelDirectory, 'numberOf' | 'forget'>;
  readonly gateway: Pick<NumberGateway, 'describeNumber' | 'describeAccount'>;
  readonly usage: ChannelUsage;
  readonly audit: AuditService;
  /** Records, in the transaction of a change, the gates that the change opens. */
  readonly openings: GateOpenings;
  readonly cipher: Cipher;
  readonly clock: Clock;
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
  const { usage, cipher, clock } = deps;
  const resource = createChannelResource(deps);

  return {
    ...createActions(deps, resource),

    get: (scope: ClientScope, id: Types.ObjectId): Promise<ChannelDoc> =>
      resource.require(scope, { id, version: undefined }),

    /**
     * Connects a number without calling the provider: `verify` does, and so does a worker soon after. Throws
     * `already-exists`.
     */
    async create(scope: ClientScope, by: AuditActor, body: CreateChannelBody): Promise<WithWebhookKey> {
      const webhookKey = newSecret();
      const channel = draftChannel(scope, { body, webhookKey }, deps);
      try {
        await resource.create(scope, by, channel);
      } catch (error) {
        // Does not name the owner: the number may belong to another client.
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
        // A new token may have permissions that the old one lacked.
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
          // If the old token caused the pause, the new one is checked at once.
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
      channelChange('channel.paused', (channel) => requestedState(channel, 'pause')),
    ),

  resume: (scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> =>
    resource.change(
      scope,
      by,
      ref,
      channelChange('channel.resumed', (channel) => requestedState(channel, 'resume')),
    ),

  /** Asks the provider about the number and stores the resulting state. Throws `dependency-away`. */
  async verify(scope: ClientScope, by: AuditActor, ref: ResourceRef): Promise<ChannelDoc> {
    const asked = await resource.require(scope, ref);
    const answers = await fetchNumberAnswers(gateway, directory.numberOf(asked));
    const next = stateAfterAnswer(stateOf(asked), answers.number);
    if (next === null) throw providerAway(answers.number);
    const changes: ChannelChange = { ...next, ...changesFromAnswers(asked, answers, clock.now()) };
    // The answer holds only for the credentials that were used: a version with other credentials must not change.
    const askedRef = { id: asked._id, version: asked.version };
    const verified = await resource.change(
      scope,
      by,
      askedRef,
      channelChange('channel.verified', () => changes),
    );
    if (isNumberCheckOver(answers)) await channels.finishNumberCheck(scope, asked);
    else await channels.requestNumberCheck(scope, asked._id, nextNumberCheckAfter({ tries: 1 }, clock.now()));
    return verified;
  },

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

function requestedState(channel: ChannelDoc, request: 'pause' | 'resume'): ChannelChange {
  const next = stateAfterRequest(stateOf(channel), request);
  if (next !== null) return next;
  throw new AppError('wrong-state', `A disconnected channel cannot be ${request}d. Verify it first.`);
}

const providerAway = (answer: NumberAnswer): AppError => {
  const waitMs = answer.kind === 'refused' ? answer.retryAfterMs : undefined;
  return new AppError('dependency-away', 'The provider could not be reached; the channel has not changed.', {
    retryAfterSeconds: waitMs === undefined ? 30 : Math.ceil(waitMs / 1_000),
  });
};
