import type { ClientSession } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { Clock } from '../../platform/clock.ts';
import { type AppError, valueTaken } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Page } from '../../platform/pagination.ts';
import { applyChange } from '../../platform/update.ts';
import {
  audienceOf,
  createSharedAccess,
  sharingOf,
  type Sharing,
  type SharingUser,
} from '../sharing/sharing.ts';
import type { CannedReplyDoc, CannedReplyRepository } from './repository.ts';

export type { CannedReplyDoc } from './repository.ts';

export interface CannedReplyUseCaseDeps {
  readonly replies: CannedReplyRepository;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface NewCannedReply extends Pick<CannedReplyDoc, 'shortCode' | 'body'> {
  readonly scope: Sharing;
}

export type CannedReplyPatch = Partial<Pick<CannedReplyDoc, 'shortCode' | 'body'>>;

export type CannedReplyUseCases = ReturnType<typeof createCannedReplyUseCases>;

/** What users do with canned replies. Those of a colleague do not exist for them. */
export function createCannedReplyUseCases(deps: CannedReplyUseCaseDeps) {
  const { replies, clock } = deps;
  const resource = createCannedReplyResource(deps);
  const { get, requireEditable, ownerOfNew } = createSharedAccess(resource, 'canned reply');

  return {
    get,

    /** The shared ones and the user's own. */
    async list(
      scope: ClientScope,
      { by }: SharingUser,
      { limit, order }: { readonly limit: number; readonly order: ListOrder<CannedReplyDoc> },
    ): Promise<Page<CannedReplyDoc>> {
      return toPage(await replies.listFor(scope, by.userId, order, limit + 1), limit, order.cursorOf);
    },

    /** Throws `forbidden` if an agent shares a reply, and `already-exists`. */
    async create(scope: ClientScope, who: SharingUser, fields: NewCannedReply): Promise<CannedReplyDoc> {
      const ownerId = ownerOfNew(who, fields.scope);
      const { shortCode, body } = fields;
      const fresh = {
        ...{ _id: newId(), clientId: scope.clientId, ownerId, shortCode, body },
        ...{ createdAt: clock.now(), version: 1 },
      };
      try {
        return await resource.create(scope, who.by, fresh);
      } catch (error) {
        throw isDuplicateKey(error) ? await codeTaken(replies, scope, fresh) : error;
      }
    },

    async update(
      scope: ClientScope,
      who: SharingUser,
      ref: ResourceRef,
      patch: CannedReplyPatch,
    ): Promise<CannedReplyDoc> {
      const { ownerId } = await requireEditable(scope, who, ref.id);
      try {
        return await resource.change(scope, who.by, ref, {
          action: 'canned-reply.updated',
          decide: (current) => applyChange(current, patch),
        });
      } catch (error) {
        const { shortCode } = patch;
        throw isDuplicateKey(error) && shortCode !== undefined
          ? await codeTaken(replies, scope, { ownerId, shortCode })
          : error;
      }
    },

    async remove(scope: ClientScope, who: SharingUser, ref: ResourceRef): Promise<void> {
      await requireEditable(scope, who, ref.id);
      await resource.remove(scope, who.by, ref);
    },
  };
}

async function codeTaken(
  replies: CannedReplyRepository,
  scope: ClientScope,
  wanted: Pick<CannedReplyDoc, 'ownerId' | 'shortCode'>,
): Promise<AppError> {
  const existing = await replies.findByCode(scope, wanted);
  return valueTaken('A canned reply with this short code already exists.', {
    path: 'body.shortCode',
    noun: 'short code',
    existing,
  });
}

const createCannedReplyResource = ({ replies, audit }: CannedReplyUseCaseDeps) =>
  createResource<CannedReplyDoc>(audit, {
    type: 'canned-reply',
    noun: 'canned reply',
    find: (scope, id, session?: ClientSession) => replies.findById(scope, id, session),
    insert: replies.insert,
    replace: replies.replace,
    remove: replies.remove,
    auditedFieldsOf: ({ ownerId, shortCode, body }) => ({
      ownerId: ownerId?.toHexString() ?? null,
      shortCode,
      body,
    }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, shortCode } = doc;
      return {
        type: `canned-reply.${verb}`,
        entity: { type: 'canned-reply', id },
        version,
        audience: audienceOf(doc),
        view: { shortCode, scope: sharingOf(doc) },
      };
    },
  });
