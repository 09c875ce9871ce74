import type { AuditService } from '../audit/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { combineTables } from '../platform/registry.ts';
import type { Timers } from '../timers/timers.ts';
import { createSetClearing } from './contact-sets/clearing.ts';
import { createContactGroupRepository, createTagRepository } from './contact-sets/repository.ts';
import { createContactSetUseCases, type SetKind, type SetUsers } from './contact-sets/use-cases.ts';
import type { ContactRepository } from './contacts/store/repository.ts';
import type { SetField } from './contacts/store/set-queries.ts';
import type { SegmentRepository } from './segments/repository.ts';
import { createReadTagNames, createTagsByName } from './contact-sets/tags/names.ts';

interface SetBuildDeps {
  readonly mongo: MongoConnection;
  readonly contacts: Pick<ContactRepository, 'countInSet' | 'clearSet'>;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

const tagKind: SetKind = {
  ...{ type: 'tag', noun: 'tag' },
  eventOf: ({ verb, id, version, name }) => ({
    ...{ type: `tag.${verb}`, entity: { type: 'tag', id }, version, view: { name } },
  }),
};

const groupKind: SetKind = {
  ...{ type: 'contact-group', noun: 'contact group' },
  eventOf: ({ verb, id, version, name }) => ({
    ...{ type: `contact-group.${verb}`, entity: { type: 'contact-group', id }, version, view: { name } },
  }),
};

export type Sets = ReturnType<typeof buildSets>;

/** Tags and groups of contacts. */
export function buildSets({ mongo, contacts, timers, audit, clock }: SetBuildDeps) {
  const { runInTransaction } = audit;
  const repositories = {
    tags: createTagRepository(mongo),
    groups: createContactGroupRepository(mongo),
  };
  const clearingOf = (kind: 'tag' | 'contact-group', field: SetField) =>
    createSetClearing({
      kind,
      clearContacts: (scope, id, limit) => contacts.clearSet(scope, field, { id, limit }),
      ...{ timers, runInTransaction, clock },
    });
  const clearing = { tags: clearingOf('tag', 'tagIds'), groups: clearingOf('contact-group', 'groupIds') };
  const tagDeps = { kind: tagKind, sets: repositories.tags, audit, clock };

  return {
    repositories,
    byName: createTagsByName(tagDeps),
    readNames: createReadTagNames(repositories.tags),
    findTags: repositories.tags.findMany,
    findTagKeys: repositories.tags.findKeys,
    findGroups: repositories.groups.findMany,
    timerHandlers: combineTables(clearing.tags.handlers, clearing.groups.handlers),

    useCases({ segments }: { readonly segments: Pick<SegmentRepository, 'findByReference'> }) {
      const usersOf = (kind: 'tags' | 'groups', field: SetField): SetUsers => ({
        countContacts: (scope, id, limit) => contacts.countInSet(scope, field, { id, limit }),
        segmentsWith: (scope, id, query) =>
          segments.findByReference(scope, { kind, name: id.toHexString() }, query),
      });
      return {
        tags: createContactSetUseCases({
          ...tagDeps,
          ...{ users: usersOf('tags', 'tagIds'), clearLater: clearing.tags.clearLater },
        }),
        groups: createContactSetUseCases({
          ...{ kind: groupKind, sets: repositories.groups, audit, clock },
          ...{ users: usersOf('groups', 'groupIds'), clearLater: clearing.groups.clearLater },
        }),
      };
    },
  };
}
