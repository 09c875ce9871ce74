import type { ClientSession, Types } from 'mongoose';
import type { AuditActor, AuditService, AuditedWrite } from '../audit/service.ts';
import type { ChannelDoc } from '../channels/service.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, notFound } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { differing } from '../platform/update.ts';
import { checkComponents } from '../template-content/check.ts';
import type { TemplateStatus } from './model.ts';
import type { TemplateDoc, TemplateRepository } from './repository.ts';
import type { TemplateComponentDefinition } from '../template-content/definition.ts';
import type { CreateTemplateBody, PatchTemplateBody } from './schemas.ts';
import type { TemplateService } from './service.ts';

export interface TemplateManagementDeps {
  readonly templates: TemplateRepository;
  readonly service: Pick<TemplateService, 'forget'>;
  /** The client's channel with this id; null when there is none. */
  readonly findChannel: (scope: ClientScope, id: Types.ObjectId) => Promise<ChannelDoc | null>;
  /** How many messages of a template have not left; need not count beyond `atMost`. */
  readonly countUnsent: (scope: ClientScope, template: TemplateDoc, atMost: number) => Promise<number>;
  readonly audit: AuditService;
  readonly clock: Clock;
  /** With the sandbox as provider nobody reviews templates: a developer can send at once. */
  readonly approvesAtOnce: boolean;
}

/** Which template, and the version on which a change is based; undefined changes whatever is there. */
export interface TemplateRef {
  readonly id: Types.ObjectId;
  readonly version: number | undefined;
}

export type TemplateManagement = ReturnType<typeof createTemplateManagement>;

/** More messages than this are not counted: the answer is the same. */
const countedAtMost = 1_000;

/** What admins do with templates. Sending goes through the service, whose memory is told of every change. */
export function createTemplateManagement(deps: TemplateManagementDeps) {
  const { templates, service, audit, clock } = deps;
  const reviewed: TemplateStatus = deps.approvesAtOnce ? 'approved' : 'pending';

  return {
    async get(scope: ClientScope, id: Types.ObjectId): Promise<TemplateDoc> {
      const template = await templates.findById(scope, id);
      if (template === null) throw notFound('template');
      return template;
    },

    async create(scope: ClientScope, by: AuditActor, body: CreateTemplateBody): Promise<TemplateDoc> {
      requireFitting(body.components, body.category);
      if ((await deps.findChannel(scope, body.channelId)) === null) throw notFound('channel');
      const fresh = { ...body, ...scope, _id: newId(), status: reviewed, createdAt: clock.now(), version: 1 };
      try {
        await audit.audited(scope, by, async (session) => {
          await templates.insertMany(scope, [fresh], session);
          return { result: undefined, write: writeOf('template.created', null, fresh) };
        });
      } catch (error) {
        throw isDuplicateKey(error) ? taken(fresh) : error;
      }
      service.forget(fresh);
      return fresh;
    },

    /** Changes content or category. Every change has to be reviewed again. */
    async patch(
      scope: ClientScope,
      by: AuditActor,
      ref: TemplateRef,
      body: PatchTemplateBody,
    ): Promise<TemplateDoc> {
      const template = await audit.audited(scope, by, async (session) => {
        const current = await requireCurrent(templates, scope, ref, session);
        requireFitting(body.components ?? [], body.category ?? current.category);
        const changes = differing(current, definedOf(body));
        if (Object.keys(changes).length === 0) return { result: current, write: null };
        if (current.status === 'disabled') {
          throw new AppError('wrong-state', 'The template is disabled for good; make a new one.');
        }
        const changed = await templates.update(scope, current, { ...changes, status: reviewed }, session);
        if (changed === null) throw lostRace();
        return { result: changed, write: writeOf('template.updated', current, changed) };
      });
      service.forget(template);
      return template;
    },

    /** Deletes a template that no waiting message needs. What has left keeps its content. */
    async delete(scope: ClientScope, by: AuditActor, ref: TemplateRef): Promise<void> {
      const deleted = await audit.audited(scope, by, async (session) => {
        const current = await requireCurrent(templates, scope, ref, session);
        const unsent = await deps.countUnsent(scope, current, countedAtMost);
        if (unsent > 0) {
          const count = unsent < countedAtMost ? String(unsent) : `${countedAtMost} or more`;
          const detail = `Messages of this template have not left: ${count}. Cancel them or let them leave.`;
          throw new AppError('in-use', detail);
        }
        if (!(await templates.delete(scope, current, session))) throw lostRace();
        return { result: current, write: writeOf('template.deleted', current, null) };
      });
      service.forget(deleted);
    },
  };
}

async function requireCurrent(
  templates: TemplateRepository,
  scope: ClientScope,
  { id, version }: TemplateRef,
  session: ClientSession,
): Promise<TemplateDoc> {
  const current = await templates.findById(scope, id, session);
  if (current === null) throw notFound('template');
  if (version !== undefined && version !== current.version) throw lostRace();
  return current;
}

function requireFitting(
  components: readonly TemplateComponentDefinition[],
  category: TemplateDoc['category'],
): void {
  const issues = checkComponents(components, category);
  if (issues.length === 0) return;
  throw new AppError('invalid-input', 'The components break the provider’s rules.', { errors: issues });
}

const definedOf = ({ category, components }: PatchTemplateBody) => ({
  ...(category === undefined ? {} : { category }),
  ...(components === undefined ? {} : { components }),
});

function writeOf(action: string, before: TemplateDoc | null, after: TemplateDoc | null): AuditedWrite {
  const id = (after ?? before)?._id;
  if (id === undefined) throw new Error('A write is about something.');
  return { action, target: { type: 'template', id }, before: fieldsOf(before), after: fieldsOf(after) };
}

function fieldsOf(template: TemplateDoc | null): Readonly<Record<string, unknown>> | null {
  if (template === null) return null;
  const { _id, clientId: _clientId, createdAt: _createdAt, ...fields } = template;
  return fields;
}

const taken = ({ name, language }: TemplateDoc): AppError =>
  new AppError('already-exists', `The channel has a template ${name} in ${language} already.`);

const lostRace = (): AppError =>
  new AppError('precondition-failed', 'Somebody else has changed the template since you read it.');
