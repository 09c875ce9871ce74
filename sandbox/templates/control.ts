/** `PUT /sandbox/templates/<wabaId>/<name>`: changes a stored template as Meta would, and sends the webhooks. */
import type { AccountEvents } from '../account-events.ts';
import { createTemplateId } from '../identifiers.ts';
import type { JsonRecord } from '../json.ts';
import {
  asBoolean,
  asList,
  asOneOf,
  asRecord,
  asText,
  asWhole,
  fail,
  optionally,
  rejectUnknown,
} from '../setting-readers.ts';
import { CATEGORIES } from '../settings.ts';
import { categoryEvent, componentsEvent, qualityEvent, statusEvent, type AccountEvent } from './events.ts';
import { withPause } from './pause.ts';
import type { TemplateStore } from './store.ts';
import { QUALITY_SCORES, STATUSES, type Template } from './template.ts';

const FIELDS = [
  'language',
  'status',
  'category',
  'correctCategory',
  'categoryUpdateAt',
  'qualityScore',
  'components',
  'parameterFormat',
  'event',
  'reason',
  'otherInfo',
  'disableInfo',
  'rejectionInfo',
  'webhook',
];

const asCategory = asOneOf(...CATEGORIES);

function readChanges(given: JsonRecord): Partial<Template> {
  return {
    ...optionally(given, 'status', ['body', asOneOf(...STATUSES)]),
    ...optionally(given, 'category', ['body', asCategory]),
    ...optionally(given, 'correctCategory', ['body', asCategory]),
    ...optionally(given, 'qualityScore', ['body', asOneOf(...QUALITY_SCORES)]),
    ...optionally(given, 'parameterFormat', ['body', asOneOf('NAMED', 'POSITIONAL')]),
    ...optionally(given, 'components', [
      'body',
      (value, field) => asList<unknown>(value, field, (item) => item),
    ]),
  };
}

/** The webhooks of a change; a new template gets a status webhook. */
function eventsOf(before: Template | null, after: Template, given: JsonRecord): AccountEvent[] {
  const event = given['event'] === undefined ? undefined : asText(given['event'], 'event');
  const reason = given['reason'] === undefined ? undefined : asText(given['reason'], 'reason');
  const { otherInfo, disableInfo, rejectionInfo } = given;
  const isStatusChanged = event !== undefined || before?.status !== after.status;
  const announcedAt = given['categoryUpdateAt'];
  const isAnnounced = given['correctCategory'] !== undefined;
  const announcedFor = isAnnounced
    ? asWhole(announcedAt ?? Math.floor(Date.now() / 1000) + 86_400, 'categoryUpdateAt', [0, 2 ** 40])
    : undefined;
  const events: (AccountEvent | false)[] = [
    isStatusChanged &&
      statusEvent(after, {
        ...(event === undefined ? {} : { event }),
        ...(reason === undefined ? {} : { reason }),
        otherInfo,
        disableInfo,
        rejectionInfo,
      }),
    before !== null && before.qualityScore !== after.qualityScore && qualityEvent(before, after),
    before !== null && before.category !== after.category && categoryEvent(before, after),
    before !== null && isAnnounced && categoryEvent(before, after, announcedFor),
    before !== null && given['components'] !== undefined && componentsEvent(after),
  ];
  return events.filter((item) => item !== false);
}

function createdBy(given: JsonRecord, wabaId: string, name: string): Template {
  if (given['components'] === undefined) fail('components', 'is required for a new template');
  const language = given['language'] === undefined ? 'en_US' : asText(given['language'], 'language');
  return {
    id: createTemplateId(`${wabaId} ${name} ${language} control`),
    wabaId,
    name,
    language,
    category: 'UTILITY',
    parameterFormat: 'POSITIONAL',
    components: [],
    status: 'APPROVED',
    qualityScore: 'UNKNOWN',
    editedAt: [],
  };
}

export interface TemplateControlDeps {
  readonly templates: TemplateStore;
  readonly events: AccountEvents;
}

/** Returns the changed templates, and the webhook status of each event. */
export async function controlTemplate(
  { templates, events }: TemplateControlDeps,
  { wabaId, name }: { readonly wabaId: string; readonly name: string },
  body: unknown,
): Promise<object> {
  const given = asRecord(body, 'body');
  rejectUnknown(given, FIELDS);
  const changes = readChanges(given);
  const isSent = given['webhook'] === undefined || asBoolean(given['webhook'], 'webhook');
  const language = given['language'];
  const named = templates
    .ofAccount(wabaId)
    .filter((known) => known.name === name && (language === undefined || known.language === language));
  const moved = (template: Template): Template => withPause(template, given['otherInfo'], Date.now());
  const pairs =
    named.length === 0
      ? [{ before: null, after: moved({ ...createdBy(given, wabaId, name), ...changes }) }]
      : named.map((before) => ({ before, after: moved(movedFrom(before, changes)) }));
  const webhooks = pairs.flatMap(({ before, after }) => eventsOf(before, after, given));
  for (const { after } of pairs) templates.put(after);
  const sent: object[] = [];
  for (const event of isSent ? webhooks : []) {
    const { status } = await events.send(event);
    sent.push({ field: event.field, webhookStatus: status });
  }
  return { templates: pairs.map(({ after }) => after), events: sent };
}

const movedFrom = (before: Template, changes: Partial<Template>): Template => ({
  ...before,
  ...(changes.category === undefined || changes.category === before.category
    ? {}
    : { previousCategory: before.category }),
  ...changes,
});
