import type { ClientSession, Types } from 'mongoose';
import { createResource, type Resource, type ResourceBatches } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { auditedFieldsOf } from './changes.ts';
import { contactEventOf } from './events.ts';
import type { OptOutMemory } from './memory/memory.ts';
import type { AnyIdentity } from './rules.ts';
import type { ContactDoc, ContactRecord, ContactRepository } from './store/repository.ts';

/** A contact before and after a write; null before it is created, and after it is deleted. */
export interface ConsentMove {
  readonly before: ContactRecord | null;
  readonly after: ContactRecord | null;
}

/** A port for the nouns that refer to contacts, which contacts must not import. */
export interface ContactDependents {
  /** Updates copies of the contacts' fields, inside the transaction that changes the contacts. */
  contactsChanged(scope: ClientScope, contacts: readonly ContactDoc[], session: ClientSession): Promise<void>;
  /**
   * Called inside the transaction that creates, changes or deletes contacts, each of them once: keeps an opt-out at the
   * identities that a contact loses, and lifts it where the person has opted in.
   */
  consentMoved(scope: ClientScope, moves: readonly ConsentMove[], session: ClientSession): Promise<void>;
  /**
   * An event names one person by these identities; `isExact` unless it may be about an earlier owner of a number. A receipt
   * is about who had the number when its message was sent: `since`.
   */
  identitiesNamed(
    scope: ClientScope,
    named: {
      readonly identity: AnyIdentity;
      readonly at: Date;
      readonly isExact: boolean;
      readonly since?: Date;
    },
  ): Promise<void>;
  /** The person with this identity answers a message that was sent to `address` at `sentAt`. */
  messageAnswered(
    scope: ClientScope,
    answered: {
      readonly identity: AnyIdentity;
      readonly at: Date;
      readonly address: AnyIdentity;
      readonly sentAt: Date;
    },
  ): Promise<void>;
  /** WhatsApp announces that a person has other identities since then; `isMove` if the number is among them. */
  identityChanged(
    scope: ClientScope,
    change: {
      readonly from: AnyIdentity | null;
      readonly to: AnyIdentity;
      readonly isMove: boolean;
      readonly at: Date;
    },
  ): Promise<void>;
  /**
   * Called inside the transaction in which a contact becomes opted out, or without marketing, by what another contact of the
   * person said, or a deleted one: its waiting messages must be canceled.
   */
  stopInherited(scope: ClientScope, contactId: Types.ObjectId, session: ClientSession): Promise<void>;
  /**
   * A conversation that still needs the contact; null if nothing does. Whoever begins one holds the contact in the same
   * transaction, so of a beginning and a deletion that meet, the second one is repeated and sees the first.
   */
  useOfContact(
    scope: ClientScope,
    contactId: Types.ObjectId,
    session: ClientSession,
  ): Promise<{ readonly conversationId: string; readonly status: string } | null>;
  /** Deletes what belongs to the contact, inside the transaction that deletes it. */
  contactDeleted(
    scope: ClientScope,
    actor: AuditActor,
    contactId: Types.ObjectId,
    session: ClientSession,
  ): Promise<void>;
}

export interface ContactDeps {
  readonly contacts: ContactRepository;
  readonly memory: OptOutMemory;
  readonly dependents: ContactDependents;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export function createContactResource({ contacts, dependents, audit }: ContactDeps): Resource<ContactRecord> {
  const many: ResourceBatches<ContactRecord> = {
    async insert(scope, fresh, session) {
      await contacts.insertEach(scope, fresh, session);
      const moves = fresh.map((after) => ({ before: null, after }));
      await dependents.consentMoved(scope, moves, session);
    },
    replace: contacts.replaceEach,
    async afterChange(scope, written, session) {
      const changed = written.map(({ after }) => after);
      await dependents.contactsChanged(scope, changed, session);
      await dependents.consentMoved(scope, written, session);
    },
  };
  return createResource<ContactRecord>(audit, {
    type: 'contact',
    find: contacts.findRecord,
    insert: (scope, fresh, session) => many.insert(scope, [fresh], session),
    replace: contacts.replace,
    async remove(scope, current, session) {
      if (!(await contacts.remove(scope, current, session))) return false;
      await dependents.consentMoved(scope, [{ before: current, after: null }], session);
      return true;
    },
    auditedFieldsOf,
    eventOf: contactEventOf,
    afterChange: (scope, written, session) => many.afterChange(scope, [written], session),
    many,
  });
}
