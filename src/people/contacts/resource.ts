import type { ClientSession, Types } from 'mongoose';
import { createResource, type Resource } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { auditedFieldsOf } from './changes.ts';
import type { ContactDoc, ContactRecord, ContactRepository } from './store/repository.ts';

/** A port for the nouns that refer to contacts, which contacts must not import. */
export interface ContactDependents {
  /** Updates copies of the contact's fields, inside the transaction that changes the contact. */
  contactChanged(scope: ClientScope, contact: ContactDoc, session: ClientSession): Promise<void>;
  /** A sentence that names what still needs the contact; null if nothing does. */
  useOfContact(scope: ClientScope, contactId: Types.ObjectId): Promise<string | null>;
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
  readonly dependents: ContactDependents;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export const createContactResource = ({
  contacts,
  dependents,
  audit,
}: ContactDeps): Resource<ContactRecord> =>
  createResource<ContactRecord>(audit, {
    type: 'contact',
    find: contacts.findRecord,
    insert: contacts.insert,
    replace: contacts.replace,
    remove: contacts.remove,
    auditedFieldsOf,
    afterChange: (scope, { after }, session) => dependents.contactChanged(scope, after, session),
  });
