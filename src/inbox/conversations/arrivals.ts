import type { ClientSession, Types } from 'mongoose';
import type { AdReferral } from '../../people/leads/ad-referral.ts';
import type { LeadDirectory } from '../../people/leads/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { InboxSettingsReader } from '../settings/reader.ts';
import type { ReceiveArrival } from './assignments.ts';
import type { HoldContact } from './contact-hold.ts';
import type { ConversationDeadlines } from './deadlines.ts';
import type { ArrivalTouch, ConversationDoc, ConversationKey, ConversationRepository } from './repository.ts';
import type { WakeByMessage } from './waking.ts';
import { laterWindow, ruleForClosed, windowAfter } from './rules.ts';
import type { ConversationWaits } from './waits.ts';

export interface ArrivalDeps {
  readonly conversations: ConversationRepository;
  readonly leads: LeadDirectory;
  readonly holdContact: HoldContact;
  readonly readSettings: InboxSettingsReader;
  readonly deadlines: Pick<ConversationDeadlines, 'awaitAnswer'>;
  readonly waits: ConversationWaits;
  /** Finds an agent for what arrives, or keeps it waiting for one. */
  readonly receive: ReceiveArrival;
  readonly wakeByMessage: WakeByMessage;
  readonly clock: Clock;
}

export type Arrivals = ReturnType<typeof createArrivals>;

/** A new message that the contact wrote. */
export interface Arriving {
  /** By the provider's clock. */
  readonly at: Date;
  /** The keys of the identities that wrote it. */
  readonly from: readonly string[];
  readonly referral?: AdReferral | undefined;
  /** False for a reaction or a STOP: they are no sales opportunity. */
  readonly makesLead: boolean;
  /** True for what a person of the business is to answer. */
  readonly awaitsAnswer: boolean;
}

/** What `placeBesideClosed` needs to know of a message. */
type Beginning = ArrivalTouch & Pick<Arriving, 'makesLead'>;

/** A thread after a message, which may have begun or reopened it. */
interface Placed {
  readonly thread: ConversationDoc;
  readonly isFirst: boolean;
  /** The thread began with the message, and with its lead. */
  readonly isNew?: true;
}

/**
 * The conversation of a new message that the contact wrote, with its window, its unread count and its lead, in the
 * transaction that stores the message. A unique index refuses a second live conversation with the duplicate key error: the
 * caller repeats the transaction. `placeWithin` throws `not-found` if the contact has just been deleted.
 */
export function createArrivals(deps: ArrivalDeps) {
  const { conversations, leads, readSettings, wakeByMessage, waits, clock } = deps;
  const followArrival = createFollowArrival(deps);
  const withLead = createWithLead({ conversations, leads });
  const openNew = createOpenNew(deps);

  async function placeBesideClosed(
    scope: ClientScope,
    key: ConversationKey,
    arrival: Beginning,
    session: ClientSession,
  ): Promise<Placed> {
    const closed = await conversations.findClosedAround(scope, key, arrival.at, session);
    if (closed === null) return openNew(scope, key, { ...arrival, earlier: null }, session);
    const { reopenWithinHours } = await readSettings(scope, session);
    const rule = ruleForClosed(closed, arrival.at, reopenWithinHours);
    if (rule === 'open-new') {
      const earlier = await conversations.findWithLatestWindow(scope, key, session);
      return openNew(scope, key, { ...arrival, earlier }, session);
    }
    const entry = { at: clock.now(), status: 'open', reason: 'contact-wrote' } as const;
    const reopens = rule === 'reopen' ? { reopens: { entry } } : {};
    const thread = await conversations.receiveClosed(scope, closed, { ...arrival, ...reopens }, session);
    // The snapshot of the transaction has it closed, so another write would have been a conflict.
    if (thread === null) throw new Error('The closed conversation changed inside a transaction.');
    return { thread, isFirst: rule === 'reopen' };
  }

  return {
    /** A message that was stored before turns out to wait for an answer in this live conversation. */
    async awaitAnswer(
      scope: ClientScope,
      conversation: ConversationDoc,
      at: Date,
      session: ClientSession,
    ): Promise<void> {
      const thread = await wakeByMessage(scope, conversation, at, session);
      const arrived = { at, awaitsAnswer: true, isReopened: false };
      await followArrival(scope, { thread, isFirst: false }, arrived, session);
    },

    wakeByMessage,

    bringIn: createBringIn(deps),

    async placeWithin(
      scope: ClientScope,
      key: ConversationKey,
      { at, from, referral, makesLead, awaitsAnswer }: Arriving,
      session: ClientSession,
    ): Promise<ConversationDoc> {
      const window = { windowExpiresAt: windowAfter(at), windowFrom: { at, keys: from } };
      const arrival = { at, ...window, referral, awaitsAnswer, makesLead };
      const live = await conversations.receiveLive(scope, key, arrival, session);
      const placed =
        live === null
          ? await placeBesideClosed(scope, key, arrival, session)
          : { thread: await wakeByMessage(scope, live, at, session), isFirst: false };
      const { thread } = placed;
      if (awaitsAnswer) await waits.followArrival(scope, thread, at, session);
      // A new thread has no reopenings.
      const isReopened = placed.isFirst && thread.reopenings !== undefined;
      await followArrival(scope, placed, { at, awaitsAnswer, isReopened }, session);
      const keepsLead = placed.isNew === true || (thread.leadId !== undefined && live !== null);
      return makesLead && !keepsLead ? withLead(scope, thread, session) : thread;
    },
  };
}

type OpenDeps = Pick<ArrivalDeps, 'conversations' | 'leads' | 'holdContact' | 'clock'>;

/** A new conversation, with the window of an `earlier` one if that closes later. */
const createOpenNew =
  ({ conversations, leads, holdContact, clock }: OpenDeps) =>
  async (
    scope: ClientScope,
    key: ConversationKey,
    {
      at,
      referral,
      awaitsAnswer,
      makesLead,
      earlier,
      ...window
    }: Beginning & { readonly earlier: ConversationDoc | null },
    session: ClientSession,
  ): Promise<Placed> => {
    const { contactId } = key;
    const held = await holdContact(scope, contactId, session);
    const cause = { contactId, source: referral, held };
    const lead = makesLead ? await leads.findOrCreateWithin(scope, cause, session) : null;
    const fresh = {
      ...{ _id: newId(), ...key, lastMessageAt: at, createdAt: clock.now(), version: 1 },
      ...{ unreadCount: 1, lastArrival: 1, lastOrdinal: 1 },
      ...laterWindow(earlier, window),
      ...(lead === null ? {} : { leadId: lead._id }),
      ...(referral === undefined ? {} : { referral }),
      ...(awaitsAnswer ? { waitingSince: at } : {}),
    };
    await conversations.insertOpen(scope, fresh, session);
    return { thread: { ...scope, ...fresh, status: 'open' }, isFirst: true, isNew: true };
  };

/**
 * Counts a message that came with the backlog as one that arrives in this conversation, and that may await an answer; null
 * if the conversation is gone.
 */
const createBringIn =
  ({ conversations, waits }: Pick<ArrivalDeps, 'conversations' | 'waits'>) =>
  async (
    scope: ClientScope,
    conversationId: Types.ObjectId,
    { at, awaitsAnswer }: Pick<Arriving, 'at' | 'awaitsAnswer'>,
    session: ClientSession,
  ): Promise<ConversationDoc | null> => {
    const wait = awaitsAnswer ? { waitingSince: at } : {};
    const thread = await conversations.noteArrival(scope, conversationId, session, wait);
    if (thread !== null && awaitsAnswer) await waits.followArrival(scope, thread, at, session);
    return thread;
  };

/** A message from before the closing belongs to the closed conversation, which waits for nothing. */
const createFollowArrival =
  ({ deadlines, receive }: Pick<ArrivalDeps, 'deadlines' | 'receive'>) =>
  async (
    scope: ClientScope,
    { thread, isFirst }: Placed,
    {
      at,
      awaitsAnswer,
      isReopened,
    }: Pick<Arriving, 'at' | 'awaitsAnswer'> & { readonly isReopened: boolean },
    session: ClientSession,
  ): Promise<void> => {
    if (thread.status === 'closed') return;
    if (awaitsAnswer) await deadlines.awaitAnswer(scope, { conversation: thread, at, isFirst }, session);
    if (thread.status === 'open')
      await receive(scope, { conversation: thread, at, awaitsAnswer, isReopened }, session);
  };

/** Gives a thread the lead of its contact, and makes one if there is none. */
const createWithLead =
  ({ conversations, leads }: Pick<ArrivalDeps, 'conversations' | 'leads'>) =>
  async (scope: ClientScope, thread: ConversationDoc, session: ClientSession): Promise<ConversationDoc> => {
    const cause = { contactId: thread.contactId, source: thread.referral };
    const { _id: leadId } = await leads.findOrCreateWithin(scope, cause, session);
    return (await conversations.setLead(scope, thread._id, leadId, session)) ?? thread;
  };
