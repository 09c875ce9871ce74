import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ContactDirectory, ContactDoc } from '../../contacts/directory.ts';
import { keysInAnySpelling, lookupKeysOf } from '../../contacts/rules.ts';
import { tagNamesOf, type ReadTagNames, type TagNames } from '../../contact-sets/tags/names.ts';
import type { FieldRules } from '../../custom-fields/rules.ts';
import type { ImportRowDoc } from '../stored-rows/model.ts';
import type { ExistingContact, PlanOptions } from './rules.ts';
import { planChecked, type CheckedPlan } from './with-fields.ts';

export interface PlannerDeps {
  readonly contacts: Pick<ContactDirectory, 'findByKeys'>;
  readonly readTagNames: ReadTagNames;
  /** Opt-outs that hold at identities, whoever has them now. */
  readonly addressStops: {
    kindsAtEach(
      scope: ClientScope,
      people: readonly (readonly string[])[],
    ): Promise<readonly ReadonlySet<string>[]>;
  };
}

/** What a row must say to be planned. */
export type PlannableRow = Pick<ImportRowDoc, 'values' | 'faults' | 'hasEarlier' | 'hasLater'>;

export interface PlanContext {
  readonly options: PlanOptions;
  readonly definitions: readonly FieldRules[];
  readonly session?: ClientSession;
}

export interface Planned {
  readonly plan: CheckedPlan;
  /** The contact that the row is about, if there is exactly one. */
  readonly contact?: ContactDoc;
  /** All contacts that its keys find. */
  readonly found: readonly Types.ObjectId[];
}

export type Planner = ReturnType<typeof createPlanner>;

/** Plans rows by the contacts that there are now; in their order. */
export function createPlanner({ contacts, readTagNames, addressStops }: PlannerDeps) {
  /** Whether an opt-out holds at the address of each row. */
  async function readStops(
    scope: ClientScope,
    rows: readonly PlannableRow[],
    { options }: PlanContext,
  ): Promise<boolean[]> {
    // Only a consent is held against opt-outs of the address.
    const asked = rows.map(({ values, faults }) =>
      faults.length === 0 && (values.optInStatus ?? options.consent?.status) === 'opted-in'
        ? keysInAnySpelling(values)
        : [],
    );
    const kinds = await addressStops.kindsAtEach(scope, asked);
    return kinds.map((each) => each.has('opted-out'));
  }

  return async (
    scope: ClientScope,
    rows: readonly PlannableRow[],
    context: PlanContext,
  ): Promise<Planned[]> => {
    const keys = new Set(
      rows.flatMap(({ values, faults }) => (faults.length > 0 ? [] : lookupKeysOf(values))),
    );
    const found = keys.size === 0 ? [] : await contacts.findByKeys(scope, [...keys], context.session);
    const byKey = new Map(found.flatMap((contact) => contact.identityKeys.map((key) => [key, contact])));
    const tagNames = await readTagNames(scope, found, context.session);
    const stops = await readStops(scope, rows, context);
    return rows.map((row, place) => {
      const existing = row.faults.length > 0 ? [] : contactsOf(row, byKey);
      const [contact, another] = existing;
      const facts = {
        reading: { values: row.values, errors: row.faults },
        existing: existing.map((each) => toExisting(each, tagNames)),
        sameKey: { earlier: row.hasEarlier, later: row.hasLater === true },
        isAddressStopped: stops[place] === true,
      };
      const plan = planChecked(facts, context.options, context.definitions);
      return {
        plan,
        found: existing.map(({ _id }) => _id),
        ...(contact === undefined || another !== undefined ? {} : { contact }),
      };
    });
  };
}

function contactsOf({ values }: PlannableRow, byKey: ReadonlyMap<string, ContactDoc>): ContactDoc[] {
  const found = lookupKeysOf(values).flatMap((key) => byKey.get(key) ?? []);
  return [...new Map(found.map((contact) => [contact._id.toHexString(), contact])).values()];
}

const toExisting = (contact: ContactDoc, tagNames: TagNames): ExistingContact => ({
  ...{ phoneNumber: contact.phoneNumber, whatsappId: contact.whatsappId },
  businessScopedUserId: contact.businessScopedUserId,
  keys: contact.identityKeys,
  ...(contact.name === undefined ? {} : { name: contact.name }),
  ...(contact.timezone === undefined ? {} : { timezone: contact.timezone }),
  tags: tagNamesOf(contact, tagNames),
  optInStatus: contact.optInStatus,
  customFields: contact.customFields,
});
