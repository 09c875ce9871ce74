import { z } from 'zod';
import type { ChangeContext, ChangeReader } from './change-reader.ts';
import { maskDigits } from './payload.ts';

/** A change of one template from a webhook, with the provider's own values. */
export interface TemplateChange {
  readonly kind: 'template';
  readonly wabaId: string;
  /** The time of the event; null if the body does not give it. */
  readonly atMs: number | null;
  readonly providerTemplateId: string | null;
  readonly name: string | null;
  /** Written `en_US` or `en-US`. */
  readonly language: string | null;
  readonly news:
    | { readonly what: 'status'; readonly word: string; readonly reason: string | null }
    | { readonly what: 'quality'; readonly word: string }
    | { readonly what: 'category'; readonly word: string }
    | { readonly what: 'content' };
}

/** Meta sends ids as numbers here and as text elsewhere. */
const Id = z.union([z.string().regex(/^\d{1,64}$/), z.number().int().nonnegative()]).transform(String);
const Word = z.string().min(1).max(128);
const Words = z.string().max(4_096).optional().catch(undefined);

/** The fields that identify the template. */
const Named = z.object({
  message_template_id: Id.optional().catch(undefined),
  message_template_name: z.string().min(1).max(512).optional().catch(undefined),
  message_template_language: z.string().min(1).max(32).optional().catch(undefined),
});

const Status = z.object({
  event: Word,
  reason: Words,
  other_info: z.object({ title: Words, description: Words }).optional().catch(undefined),
  rejection_info: z.object({ reason: Words, recommendation: Words }).optional().catch(undefined),
});

const Quality = z.object({ new_quality_score: Word });

/** An announcement has `correct_category` beside the current category; it changes nothing yet. */
const Category = z.object({ new_category: Word, correct_category: Word.optional().catch(undefined) });

const readNews: Readonly<Record<string, (value: unknown) => TemplateChange['news']>> = {
  message_template_status_update: (value) => {
    const { event, reason, other_info: info, rejection_info: rejection } = Status.parse(value);
    return { what: 'status', word: event, reason: reasonOf(reason, rejection, info) };
  },
  message_template_quality_update: (value) => ({
    what: 'quality',
    word: Quality.parse(value).new_quality_score,
  }),
  template_category_update: (value) => ({ what: 'category', word: Category.parse(value).new_category }),
  message_template_components_update: () => ({ what: 'content' }),
};

interface Explained {
  readonly title?: string | undefined;
  readonly reason?: string | undefined;
  readonly recommendation?: string | undefined;
  readonly description?: string | undefined;
}

/** The provider's reason as one text; its `NONE` means no reason. */
function reasonOf(reason: string | undefined, ...others: readonly (Explained | undefined)[]): string | null {
  const words = [
    reason === 'NONE' ? undefined : reason,
    ...others.flatMap((other) => [other?.title, other?.reason, other?.description, other?.recommendation]),
  ].filter((word) => word !== undefined && word.trim() !== '');
  return words.length === 0 ? null : maskDigits([...new Set(words)].join(': ')).slice(0, 1_024);
}

/** Reads the fields about templates; each value describes one template. */
export const readTemplateChange: ChangeReader<TemplateChange> = (field, value, context) => {
  const read = Object.hasOwn(readNews, field) ? readNews[field] : undefined;
  return read === undefined ? null : [readOne(read, value, context)];
};

function readOne(
  read: (value: unknown) => TemplateChange['news'],
  value: unknown,
  { wabaId, atMs, path }: ChangeContext,
): TemplateChange | { readonly kind: 'invalid'; readonly reason: string } {
  const named = Named.safeParse(value);
  if (wabaId === null || !named.success) return unreadable(path, 'names no account or no template');
  const {
    message_template_id: id = null,
    message_template_name: name = null,
    message_template_language: language = null,
  } = named.data;
  if (id === null && name === null) return unreadable(path, 'names no template');
  try {
    return { kind: 'template', wabaId, atMs, providerTemplateId: id, name, language, news: read(value) };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return unreadable(path, `${error.issues.map((issue) => issue.path.join('.')).join(', ')} not readable`);
  }
}

const unreadable = (path: string, what: string) => ({ kind: 'invalid', reason: `${path}: ${what}` }) as const;
