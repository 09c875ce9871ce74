import type { Resource, ResourceRef } from '../../audit/resource.ts';
import type { AuditActor } from '../../audit/service.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { NumberAnswer, ProviderNumber } from '../../whatsapp/gateway.ts';
import { channelChange } from '../changes.ts';
import { createOwnershipContest, type ContestDeps, type OwnershipOf } from './contest.ts';
import { fetchNumberAnswers, fetchNumberAnswersSoon } from '../numbers/answers.ts';
import { changesFromProof, nextCheckAfter } from '../numbers/rules.ts';
import { ownershipAfterCheck, ownershipAfterNewToken, proofOf } from './rules.ts';
import { nextNumberCheckAfter, stateAfterAnswer, stateOf } from '../rules.ts';
import type { ChannelChange, ChannelDoc } from '../store/repository.ts';

interface Place {
  readonly scope: ClientScope;
  readonly by: AuditActor;
}

interface NewToken {
  readonly ref: ResourceRef;
  readonly accessToken: string;
  /** The other changes, with the encrypted token. */
  readonly changes: (current: ChannelDoc) => ChannelChange;
}

/** Writes that ask the provider first: a channel is stored with what its token proves. */
export function createConnecting(deps: ContestDeps, resource: Resource<ChannelDoc>) {
  const { channels, directory, gateway, clock } = deps;
  const contest = createOwnershipContest(deps);

  return {
    /** Stores a new channel. Throws `already-exists` if another channel has proved the number as well. */
    async connect({ scope, by }: Place, draft: ChannelDoc, accessToken: string): Promise<ChannelDoc> {
      const answers = await fetchNumberAnswersSoon(gateway, askedAbout(draft, accessToken));
      const now = clock.now();
      const proof = proofOf(answers.number, answers.membership);
      const write = (ownershipOf: OwnershipOf) => {
        const ownership = ownershipOf(draft);
        if (ownership.gap === 'held-by-another') throw ownedByAnother();
        const known = changesFromProof(draft, { answers, ownership, now });
        const look = nextCheckAfter(answers, ownership, now);
        const channel = { ...draft, ...known, ...(look === null ? {} : { look }) };
        return resource.create(scope, by, channel as ChannelDoc);
      };
      const otherwise: OwnershipOf = (current) => ownershipAfterCheck(current, proof, now);
      return contest.settle(draft, { proof, otherwise }, write);
    },

    /** Stores a new access token with what it proves. */
    async changeToken({ scope, by }: Place, { ref, accessToken, changes }: NewToken): Promise<ChannelDoc> {
      const asked = await resource.require(scope, ref);
      const answers = await fetchNumberAnswersSoon(gateway, askedAbout(asked, accessToken));
      const now = clock.now();
      const proof = proofOf(answers.number, answers.membership);
      const write = (ownershipOf: OwnershipOf) => {
        const decide = (current: ChannelDoc): ChannelChange => {
          const ownership = ownershipOf(current);
          const known = changesFromProof(current, { answers, ownership, now });
          return { ...known, ...changes(current), look: nextCheckAfter(answers, ownership, now) };
        };
        return resource.change(scope, by, ref, channelChange('channel.updated', decide));
      };
      const otherwise: OwnershipOf = (current) => ownershipAfterNewToken(current, proof, now);
      return contest.settle(asked, { proof, otherwise }, write);
    },

    /** Asks the provider about the number; stores the resulting state and ownership. Throws `dependency-away`. */
    async verify({ scope, by }: Place, ref: ResourceRef): Promise<ChannelDoc> {
      const asked = await resource.require(scope, ref);
      const answers = await fetchNumberAnswers(gateway, directory.numberOf(asked));
      const next = stateAfterAnswer(stateOf(asked), answers.number);
      if (next === null) throw providerAway(answers.number);
      const now = clock.now();
      const proof = proofOf(answers.number, answers.membership);
      const write = (ownershipOf: OwnershipOf) => {
        // The answer holds only for the credentials that were used: a version with other credentials must not change.
        const askedRef = { id: asked._id, version: asked.version };
        const known = changesFromProof(asked, { answers, ownership: ownershipOf(asked), now });
        return resource.change(
          scope,
          by,
          askedRef,
          channelChange('channel.verified', () => ({ ...next, ...known })),
        );
      };
      const otherwise: OwnershipOf = (current) => ownershipAfterCheck(current, proof, now);
      const verified = await contest.settle(asked, { proof, otherwise }, write);
      const check =
        verified.ownership === undefined ? null : nextCheckAfter(answers, verified.ownership, now);
      const isOver = check === null || check.at > now;
      if (isOver) await channels.finishNumberCheck(scope, asked, check?.at ?? null);
      else await channels.requestNumberCheck(scope, asked._id, nextNumberCheckAfter({ tries: 1 }, now));
      return verified;
    },
  };
}

const askedAbout = (
  { clientId, phoneNumberId, wabaId }: ChannelDoc,
  accessToken: string,
): ProviderNumber => ({ scope: { clientId }, phoneNumberId, wabaId, accessToken });

/** Does not name the owner: the number may belong to another client. */
const ownedByAnother = (): AppError =>
  new AppError(
    'already-exists',
    'The number is connected already, and the access token of that channel works. Remove the number there first.',
  );

const providerAway = (answer: NumberAnswer): AppError => {
  const waitMs = answer.kind === 'refused' ? answer.retryAfterMs : undefined;
  return new AppError('dependency-away', 'The provider could not be reached; the channel has not changed.', {
    retryAfterSeconds: waitMs === undefined ? 30 : Math.ceil(waitMs / 1_000),
  });
};
