import type { GateName } from '../../openings/contract.ts';
import { isPassingState } from '../../templates/rules.ts';

/** Why a message has not left yet. `reason` is for people: `quiet hours until 09:00 (Europe/Berlin)`. */
export interface Waiting {
  readonly gate: GateName;
  readonly reason: string;
  /** When the gate is judged again at the latest; absent: when it opens. */
  readonly until?: Date;
}

/** The input of the gates, read right before the call. */
export interface GateFacts {
  readonly message: {
    readonly isTemplate: boolean;
    /** A free-form message that an agent wrote. All other messages are business-initiated or automated. */
    readonly isReply: boolean;
    /** An agent wrote it although the person had opted out: an answer, and not a message from before the opt-out. */
    readonly isAfterOptOut: boolean;
    readonly sendAt: Date | null;
  };
  readonly channel: {
    readonly state: 'active' | 'paused' | 'disconnected' | 'unverified';
    readonly reason: string | null;
    /** The provider refuses business-initiated messages, until then or until it lifts the restriction. */
    readonly restriction: { readonly code: string; readonly until: Date | null } | null;
  };
  /** Null for a message without a template. */
  readonly template: {
    readonly name: string;
    /** `missing`: it was deleted. */
    readonly status: string;
    readonly category: string;
    readonly reason: string | null;
  } | null;
  /** Of the contact, and of every other contact of the business with the same address. */
  readonly contact: {
    readonly hasOptedOut: boolean;
    /** Somebody opted out at this address, whichever contact has it now. */
    readonly hasAddressOptedOut: boolean;
    /**
     * Whoever has the address wrote the message that opened the window, and not before an opt-out that the contact does not
     * show. Read for replies after an opt-out; else false.
     */
    readonly hasWrittenSince: boolean;
    readonly hasStoppedMarketing: boolean;
    readonly isBlocked: boolean;
  };
  /** The kind of address that the person has now; null if there is none. */
  readonly recipient: 'number' | 'user-id' | null;
  /**
   * When the customer service window closes; null if it was never open. Read for free-form messages, and for
   * templates on channels with a messaging limit; null for other templates.
   */
  readonly windowExpiresAt: Date | null;
  /** The current quiet hours of the business; null outside of them. */
  readonly quiet: {
    readonly until: Date;
    /** `until` in the time zone of the business: `09:00 (Europe/Berlin)`. */
    readonly untilText: string;
    readonly appliesTo: 'all' | 'marketing';
  } | null;
}

/** Why a closed gate fails or cancels a message, in the stored form of a message failure. */
export interface GateFailure {
  readonly code: GateProblem;
  readonly class: 'window' | 'template' | 'message';
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
}

/** Those of the contact, which every kind of message passes. */
export const contactProblems = ['contact-blocked', 'contact-opted-out', 'contact-unreachable'] as const;

/** The problem codes by which the API refuses a message at a gate that will not open. */
export const gateProblems = [...contactProblems, 'template-not-approved', 'window-closed'] as const;
export type GateProblem = (typeof gateProblems)[number];

/** The gates that can close for good; `recipient` never waits. */
type ClosingGate = GateName | 'recipient';

export type GateVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'wait'; readonly waiting: Waiting }
  /** The gate will not open for this message: `canceled` if a person decided so, else `failed`. */
  | {
      readonly kind: 'closed';
      readonly gate: ClosingGate;
      readonly status: 'canceled' | 'failed';
      readonly problem: GateProblem;
      readonly failure: GateFailure;
    };

const open: GateVerdict = { kind: 'open' };

type Gate = (facts: GateFacts, now: Date) => GateVerdict;

/**
 * The verdict of the first gate that is not open. Decisions of people come first, because waiting cannot change them.
 * Judged at acceptance, where a closed gate refuses the request, again before the claim, and a last time while the claim
 * is held.
 */
export function judgeGates(facts: GateFacts, now: Date): GateVerdict {
  for (const gate of gates) {
    const verdict = gate(facts, now);
    if (verdict.kind !== 'open') return verdict;
  }
  return open;
}

const blockList: Gate = ({ contact }) =>
  contact.isBlocked
    ? closed('block-list', 'contact-blocked', {
        title: 'The contact is on the block list',
        advice: 'Unblock the contact first.',
      })
    : open;

/** After an opt-out, only free-form answers that an agent wrote since leave, and only to whoever wrote. */
const consent: Gate = ({ contact, message, template }) => {
  const isAnswer = message.isReply && message.isAfterOptOut && contact.hasWrittenSince;
  if (contact.hasOptedOut && !isAnswer) {
    return closed('consent', 'contact-opted-out', {
      title: 'The contact has opted out',
      advice: 'Do not message this person until they opt in; answer only when they write.',
    });
  }
  if (contact.hasAddressOptedOut && !isAnswer) {
    return closed('consent', 'contact-opted-out', {
      title: 'The address of the contact has opted out',
      advice:
        'Someone with this number or user id opted out. Do not message it until they opt in; answer only when they write from there.',
    });
  }
  return contact.hasStoppedMarketing && template?.category === 'marketing'
    ? closed('consent', 'contact-opted-out', {
        title: 'The contact has stopped marketing messages',
        advice: 'Send no marketing to this person until they allow it on WhatsApp.',
      })
    : open;
};

const schedule: Gate = ({ message }, now) =>
  message.sendAt !== null && message.sendAt > now
    ? wait('schedule', `scheduled for ${message.sendAt.toISOString()}`, message.sendAt)
    : open;

/** A restricted channel still sends free-form messages: they are answers, because they need the open window. */
const channelState: Gate = ({ channel: { state, reason, restriction }, message }, now) => {
  if (state !== 'active') return wait('channel', explained(`channel ${state}`, reason));
  if (restriction === null || !message.isTemplate) return open;
  const { code, until } = restriction;
  if (until === null) return wait('channel', `channel restricted to answers: ${code}`);
  return until > now
    ? wait('channel', `channel restricted to answers until ${until.toISOString()}: ${code}`, until)
    : open;
};

const templateState: Gate = ({ template }) => {
  if (template === null || template.status === 'approved') return open;
  const { name, status, reason } = template;
  return isPassingState(status)
    ? wait('template', explained(`template ${name} ${status.replace('-', ' ')}`, reason))
    : closed('template', 'template-not-approved', {
        title: `The template ${name} is ${status.replace('-', ' ')}`,
        advice: 'Choose an approved template.',
        reason,
      });
};

const serviceWindow: Gate = ({ message, windowExpiresAt }, now) =>
  message.isTemplate || (windowExpiresAt !== null && windowExpiresAt > now)
    ? open
    : closed('window', 'window-closed', {
        title: 'The customer service window is closed',
        advice: 'Send an approved template instead.',
      });

/** Answers and sign-in codes go at any hour, because the person waits for them. */
const quietHours: Gate = ({ message, template, quiet }) => {
  if (quiet === null || message.isReply || template?.category === 'authentication') return open;
  if (quiet.appliesTo === 'marketing' && template?.category !== 'marketing') return open;
  return wait('quiet-hours', `quiet hours until ${quiet.untilText}`, quiet.until);
};

/** Judged late, because the contact may get an address while the message waits at another gate. */
const recipient: Gate = ({ recipient: kind, template }) => {
  if (kind === null) {
    return closed('recipient', 'contact-unreachable', {
      title: 'The contact has neither a phone number nor a business-scoped user id',
      advice: 'Add one to the contact, then retry the message.',
    });
  }
  return kind === 'user-id' && template?.category === 'authentication'
    ? closed('recipient', 'contact-unreachable', {
        title: 'The contact has no phone number, which a sign-in code requires',
        advice: 'Add the number to the contact, then send a new code.',
      })
    : open;
};

const gates: readonly Gate[] = [
  blockList,
  consent,
  schedule,
  channelState,
  templateState,
  serviceWindow,
  quietHours,
  recipient,
];

const explained = (what: string, reason: string | null): string =>
  reason === null ? what : `${what}: ${reason}`;

const wait = (gate: GateName, reason: string, until?: Date): GateVerdict => ({
  kind: 'wait',
  waiting: { gate, reason, ...(until === undefined ? {} : { until }) },
});

interface ClosedReason {
  readonly title: string;
  readonly advice: string;
  /** The provider's explanation. */
  readonly reason?: string | null;
}

const notCalled = 'Found right before the call; the provider was not called.';

/** A decision of a person cancels the message; one of the provider or the clock fails it. */
const closed = (
  gate: ClosingGate,
  problem: GateProblem,
  { title, advice, reason = null }: ClosedReason,
): GateVerdict => ({
  kind: 'closed',
  gate,
  status: gate === 'block-list' || gate === 'consent' ? 'canceled' : 'failed',
  problem,
  failure: {
    code: problem,
    class: gate === 'window' ? 'window' : gate === 'template' ? 'template' : 'message',
    title,
    detail: reason === null ? notCalled : `${reason} ${notCalled}`,
    advice,
  },
});
