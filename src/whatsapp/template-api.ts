import { z } from 'zod';
import {
  createGraphClient,
  errorCode,
  parseJson,
  parseRetryAfterMs,
  readGraphError,
  type GraphClient,
  type GraphOptions,
  type GraphRequest,
  type HttpAnswer,
} from './graph.ts';
import { maskDigits } from './payload.ts';
import type {
  ProviderTemplate,
  ProviderTemplateList,
  TemplateAccount,
  TemplateDraft,
  TemplateEdit,
  TemplateGateway,
  TemplateOutcome,
  UnpauseAnswer,
} from './template-gateway.ts';
import { isNotReached } from './transport-errors.ts';

/** Some of Meta's responses have ids as numbers. */
const Id = z.union([z.string().min(1).max(64), z.number().int().nonnegative()]).transform(String);
const Word = z.string().min(1).max(128);

/** Fields with `catch` may have any shape without making the template unreadable. */
const Template = z.object({
  id: Id,
  name: z.string().min(1).max(512),
  language: z.string().min(1).max(32),
  status: Word,
  category: Word,
  components: z.array(z.unknown()).optional().catch(undefined),
  parameter_format: Word.optional().catch(undefined),
  quality_score: z.object({ score: Word }).optional().catch(undefined),
  rejected_reason: Word.optional().catch(undefined),
  message_send_ttl_seconds: z.number().int().optional().catch(undefined),
});

const fields = Object.keys(Template.shape).join(',');

const Page = z.object({
  data: z.array(z.unknown()),
  paging: z
    .object({
      next: z.string().optional(),
      cursors: z.object({ after: z.string().optional() }).optional(),
    })
    .optional(),
});

const Created = z.object({ id: Id, status: Word, category: Word });
const Edited = z.object({ category: Word.optional().catch(undefined) });
const Unpaused = z.object({ success: z.boolean(), reason: z.string().optional().catch(undefined) });
const Anything = z.looseObject({});

/** Meta returns at most 100 a page; an account may have 6,000 templates, each in several languages. */
const pageSize = 100;
const maxPages = 200;
const badCursor = 131_059;

/** Meta's template management; the sandbox implements the same API. */
export function createTemplateApi(options: GraphOptions): TemplateGateway {
  const graph = createGraphClient(options);
  return {
    list: (account, name) => listAll(graph, account, name),
    async get(account, providerTemplateId) {
      const path = `/${encodeURIComponent(providerTemplateId)}?fields=${fields}`;
      return mapped(await call(graph, account, { method: 'GET', path }, Template), toTemplate);
    },
    create: (account, draft) =>
      call(graph, account, { method: 'POST', path: pathOf(account), body: bodyOf(draft) }, Created),
    async edit(account, providerTemplateId, change) {
      const path = `/${encodeURIComponent(providerTemplateId)}`;
      const outcome = await call(graph, account, { method: 'POST', path, body: bodyOf(change) }, Edited);
      return mapped(outcome, ({ category }) => (category === undefined ? {} : { category }));
    },
    async unpause(account, providerTemplateId) {
      const path = `/${encodeURIComponent(providerTemplateId)}/unpause`;
      return mapped(await call(graph, account, { method: 'POST', path }, Unpaused), toUnpauseAnswer);
    },
    async delete(account, { name, providerTemplateId }) {
      const query = new URLSearchParams({
        ...(providerTemplateId === undefined ? {} : { hsm_id: providerTemplateId }),
        name,
      });
      const path = `${pathOf(account)}?${query.toString()}`;
      return mapped(await call(graph, account, { method: 'DELETE', path }, Anything), () => null);
    },
    close: () => graph.close(),
  };
}

const pathOf = ({ wabaId }: TemplateAccount): string => `/${encodeURIComponent(wabaId)}/message_templates`;

function bodyOf(given: Partial<TemplateDraft> & TemplateEdit): object {
  const { parameterFormat, messageSendTtlSeconds, ...rest } = given;
  return {
    ...rest,
    ...(parameterFormat === undefined ? {} : { parameter_format: parameterFormat }),
    ...(messageSendTtlSeconds === undefined ? {} : { message_send_ttl_seconds: messageSendTtlSeconds }),
  };
}

/** Reads all pages. If Meta refuses a stale cursor, the list starts again, once. */
async function listAll(
  graph: GraphClient,
  account: TemplateAccount,
  name: string | undefined,
): Promise<TemplateOutcome<ProviderTemplateList>> {
  const first = await listOnce(graph, account, name);
  const isStale = first.kind === 'refused' && first.error.code === badCursor;
  return isStale ? listOnce(graph, account, name) : first;
}

async function listOnce(
  graph: GraphClient,
  account: TemplateAccount,
  name: string | undefined,
): Promise<TemplateOutcome<ProviderTemplateList>> {
  const templates: ProviderTemplate[] = [];
  let unreadable = 0;
  let after: string | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const query = new URLSearchParams({
      ...{ fields, limit: String(pageSize) },
      ...(name === undefined ? {} : { name }),
      ...(after === undefined ? {} : { after }),
    });
    const path = `${pathOf(account)}?${query.toString()}`;
    const outcome = await call(graph, account, { method: 'GET', path }, Page);
    if (outcome.kind !== 'done') return outcome;
    const { data, paging } = outcome.value;
    for (const entry of data) {
      const parsed = Template.safeParse(entry);
      if (parsed.success) templates.push(toTemplate(parsed.data));
      else unreadable += 1;
    }
    const next = paging?.cursors?.after;
    if (paging?.next === undefined || next === undefined || next === after) {
      return { ...outcome, value: { templates, unreadable } };
    }
    after = next;
  }
  return { kind: 'unknown', reason: `the list does not end after ${maxPages} pages` };
}

function toTemplate(read: z.output<typeof Template>): ProviderTemplate {
  const { id, name, language, status, category, components = [] } = read;
  return {
    ...{ id, name, language, status, category, components },
    ...(read.parameter_format === undefined ? {} : { parameterFormat: read.parameter_format }),
    ...(read.quality_score === undefined ? {} : { qualityScore: read.quality_score.score }),
    ...(read.rejected_reason === undefined ? {} : { rejectedReason: read.rejected_reason }),
    ...(read.message_send_ttl_seconds === undefined
      ? {}
      : { messageSendTtlSeconds: read.message_send_ttl_seconds }),
  };
}

const toUnpauseAnswer = ({ success, reason = '' }: z.output<typeof Unpaused>): UnpauseAnswer =>
  success
    ? { isUnpaused: true }
    : { isUnpaused: false, reason: reason === '' ? null : maskDigits(reason).slice(0, 1_024) };

const mapped = <From, To>(outcome: TemplateOutcome<From>, map: (value: From) => To): TemplateOutcome<To> =>
  outcome.kind === 'done' ? { ...outcome, value: map(outcome.value) } : outcome;

/** Makes exactly one call. */
async function call<Schema extends z.ZodType>(
  graph: GraphClient,
  { accessToken }: TemplateAccount,
  request: Omit<GraphRequest, 'accessToken'>,
  schema: Schema,
): Promise<TemplateOutcome<z.output<Schema>>> {
  try {
    return interpret(await graph.request({ ...request, accessToken }), schema);
  } catch (error) {
    const code = errorCode(error);
    return isNotReached(code) ? { kind: 'not-reached', reason: code } : { kind: 'unknown', reason: code };
  }
}

/**
 * Only Meta's error object is a refusal. Any other 4xx comes from something before Meta, such as a proxy, which has not
 * passed the request on; after any other answer the change may have been made.
 */
function interpret<Schema extends z.ZodType>(
  answer: HttpAnswer,
  schema: Schema,
): TemplateOutcome<z.output<Schema>> {
  const { status } = answer;
  const usage = answer.usage === undefined ? {} : { usage: answer.usage };
  const json = parseJson(answer.text);
  const error = readGraphError(json, status);
  if (error !== null) {
    const retryAfterMs = parseRetryAfterMs(answer.retryAfter);
    return { kind: 'refused', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...usage };
  }
  const parsed = schema.safeParse(json);
  if (status >= 200 && status < 300 && parsed.success) return { kind: 'done', value: parsed.data, ...usage };
  const kind = status >= 400 && status < 500 ? 'not-reached' : 'unknown';
  return { kind, reason: `HTTP ${status} without a body of the Graph API`, ...usage };
}
