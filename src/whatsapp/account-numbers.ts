import { z } from 'zod';
import { ruleFor } from './error-classes.ts';
import type { MembershipAnswer, ProviderNumber, Unanswered } from './gateway.ts';
import { parseJson, readGraphError, type HttpAnswer } from './graph.ts';

/** Meta's largest page, and far more numbers than it lets an account have without an exception. */
const pageSize = 100;
const maxPages = 10;

const NumberList = z.object({
  data: z.array(z.object({ id: z.string() })),
  paging: z
    .object({
      cursors: z.object({ after: z.string().max(1_024).optional() }).optional(),
      next: z.string().optional(),
    })
    .optional()
    .catch(undefined),
});

const Health = z.object({
  health_status: z.object({ entities: z.array(z.object({ entity_type: z.string(), id: z.string() })) }),
});

/** One page of an account's numbers. */
type PageAnswer =
  | { readonly kind: 'page'; readonly ids: readonly string[]; readonly after: string | null }
  | Unanswered;

/** The account that the health of a number names; null if it names none. */
type OwnerAnswer = { readonly kind: 'owner'; readonly wabaId: string | null } | Unanswered;

/** One GET request to the Graph API. */
export type Ask = <Answer extends object>(
  number: ProviderNumber,
  path: string,
  interpret: (answer: HttpAnswer) => Answer,
) => Promise<(Answer | Unanswered) & Pick<HttpAnswer, 'usage'>>;

/**
 * Asks whether the account contains the number. Source: Meta's references of `/{waba-id}/phone_numbers`, and of the
 * health status, whose entities name the account of a number. The second is asked only if the token may not list the
 * numbers, or there are too many of them.
 */
export async function findInAccount(ask: Ask, number: ProviderNumber): Promise<MembershipAnswer> {
  let after: string | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const answer: Awaited<ReturnType<typeof readPage>> = await readPage(ask, number, after);
    if (answer.kind !== 'page') return isWorthAsking(answer) ? readOwner(ask, number, answer) : answer;
    const usage = answer.usage === undefined ? {} : { usage: answer.usage };
    if (answer.ids.includes(number.phoneNumberId)) return { kind: 'described', isMember: true, ...usage };
    if (answer.after === null) return { kind: 'described', isMember: false, ...usage };
    after = answer.after;
  }
  return readOwner(ask, number, { kind: 'away', reason: `more than ${maxPages * pageSize} numbers` });
}

/** Whether the refusal is about permissions: then the number itself may still name its account. */
const isWorthAsking = (answer: Unanswered): boolean =>
  answer.kind === 'refused' && ruleFor(answer.error).class === 'credentials' && answer.error.code !== 190;

function readPage(ask: Ask, number: ProviderNumber, after: string | null) {
  const from = after === null ? '' : `&after=${encodeURIComponent(after)}`;
  const path = `/${encodeURIComponent(number.wabaId)}/phone_numbers?fields=id&limit=${pageSize}${from}`;
  return ask(number, path, interpretNumberList);
}

/** `otherwise` is the answer if the number names no account. */
async function readOwner(
  ask: Ask,
  number: ProviderNumber,
  otherwise: MembershipAnswer,
): Promise<MembershipAnswer> {
  const path = `/${encodeURIComponent(number.phoneNumberId)}?fields=health_status`;
  const answer = await ask(number, path, interpretOwner);
  if (answer.kind !== 'owner' || answer.wabaId === null) return otherwise;
  const usage = answer.usage === undefined ? {} : { usage: answer.usage };
  return { kind: 'described', isMember: answer.wabaId === number.wabaId, ...usage };
}

/** Follows only the cursor: the address of the next page in the answer is never called. */
export function interpretNumberList(answer: HttpAnswer): PageAnswer {
  const json = parseJson(answer.text);
  const error = readGraphError(json, answer.status);
  if (error !== null) return { kind: 'refused', error };
  const listed = NumberList.safeParse(json);
  if (answer.status !== 200 || !listed.success) return notOfGraphApi(answer);
  const { data, paging } = listed.data;
  const after = paging?.next === undefined ? null : (paging.cursors?.after ?? null);
  return { kind: 'page', ids: data.map(({ id }) => id), after };
}

function interpretOwner(answer: HttpAnswer): OwnerAnswer {
  const json = parseJson(answer.text);
  const error = readGraphError(json, answer.status);
  if (error !== null) return { kind: 'refused', error };
  const health = Health.safeParse(json);
  if (answer.status !== 200) return notOfGraphApi(answer);
  const entities = health.success ? health.data.health_status.entities : [];
  return { kind: 'owner', wabaId: entities.find(({ entity_type: type }) => type === 'WABA')?.id ?? null };
}

const notOfGraphApi = ({ status }: HttpAnswer): Unanswered => ({
  kind: 'away',
  reason: `HTTP ${status} without a body of the Graph API`,
});
