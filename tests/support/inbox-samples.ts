import { badIds, badTimes, badWords, paging } from './bad-queries.ts';
import { harmlessAt, isCleared } from './hostile.ts';
import type { Sample } from './request-samples.ts';

export const mediaSamples: readonly Sample[] = [
  {
    route: 'post /api/media',
    takesFile: true,
    query: { filename: ['', '%00', 'a%0Ab', 'x'.repeat(241)] },
  },
  { route: 'get /api/media/:id', query: {} },
  { route: 'delete /api/media/:id' },
  { route: 'get /api/media/:id/thumbnail', query: {} },
  { route: 'get /api/media/:id/link', query: {} },
  { route: 'get /api/media-links/:token' },
];

const office = {
  ...{ name: 'Office Hamburg', zone: 'Europe/Berlin', week: { mon: [['09:00', '18:00']] } },
  holidays: [{ date: '2026-12-25', closed: true, name: 'Christmas' }],
};
const officePlaces = [
  ...Object.keys(office),
  'week.mon',
  'holidays.0.date',
  'holidays.0.closed',
  'holidays.0.name',
];
const closedOffice = [
  ...harmlessAt('holidays', 'an empty list'),
  ...harmlessAt('week.mon', 'an empty list'),
  ...harmlessAt('holidays.0.closed', 'true'),
];

export const hoursSamples: readonly Sample[] = [
  {
    route: 'post /api/business-hours',
    body: office,
    required: ['name', 'zone', 'week'],
    places: officePlaces,
    harmless: closedOffice,
  },
  {
    route: 'patch /api/business-hours/:id',
    body: office,
    places: officePlaces,
    harmless: closedOffice,
  },
];

const serviceLevel = {
  ...{ name: 'Standard', priority: 7, match: { channelIds: [] }, warnAt: 0.8 },
  ...{ firstResponseSeconds: 900, nextResponseSeconds: 3600, resolutionSeconds: 172_800 },
};
const serviceLevelPlaces = [...Object.keys(serviceLevel), 'match.channelIds', 'businessHoursId'];
const everyChannel = [
  ...harmlessAt('match', 'an empty object'),
  ...harmlessAt('match.channelIds', 'an empty list'),
  ...isCleared('warnAt'),
];

export const slaSamples: readonly Sample[] = [
  {
    route: 'post /api/sla-policies',
    body: serviceLevel,
    required: ['name', 'priority'],
    places: serviceLevelPlaces,
    harmless: everyChannel,
  },
  {
    route: 'patch /api/sla-policies/:id',
    body: serviceLevel,
    places: serviceLevelPlaces,
    harmless: [
      ...everyChannel,
      ...isCleared('firstResponseSeconds', 'nextResponseSeconds', 'resolutionSeconds', 'businessHoursId'),
    ],
  },
];

const someMessage = '0123456789abcdef01234567';

export const readingSamples: readonly Sample[] = [
  { route: 'post /api/conversations/:id/read', body: { messageId: someMessage }, mayBeEmpty: true },
  { route: 'post /api/conversations/:id/unread', body: { messageId: someMessage }, mayBeEmpty: true },
  { route: 'get /api/conversations/:id/seen', query: paging },
  { route: 'post /api/conversations/:id/typing' },
];

/** No object has this id, so that a valid request is refused later. */
const someId = '0123456789abcdef01234567';
const search = {
  ...{ status: 'open', channelId: someId, since: '2026-11-23T09:00:00Z', assignedAgentId: 'me' },
  ...{ teamId: someId, leadId: someId, contactId: someId, labelId: someId },
  ...{ unread: 'true', breached: 'true', snoozed: 'true' },
};
const viewPlaces = ['name', 'filter', ...Object.keys(search).map((name) => `filter.${name}`)];

const noMembers = harmlessAt('userIds', 'an empty list');

export const teamSamples: readonly Sample[] = [
  {
    route: 'post /api/teams',
    body: { name: 'Billing', userIds: [someId] },
    required: ['name'],
    places: ['name', 'userIds', 'userIds.0'],
    harmless: noMembers,
  },
  {
    route: 'patch /api/teams/:id',
    body: { name: 'Billing', userIds: [someId] },
    places: ['name', 'userIds', 'userIds.0'],
    harmless: noMembers,
  },
];

export const viewSamples: readonly Sample[] = [
  { route: 'get /api/views/counts', query: { ids: badIds } },
  { route: 'get /api/views/:id/conversations', query: paging },
  {
    route: 'post /api/views',
    body: { name: 'Mine', scope: 'own', filter: search },
    required: ['name', 'filter'],
    places: [...viewPlaces, 'scope'],
    harmless: harmlessAt('filter', 'an empty object'),
  },
  {
    route: 'patch /api/views/:id',
    body: { name: 'Mine', filter: search },
    places: viewPlaces,
    harmless: harmlessAt('filter', 'an empty object'),
  },
];

const macro = {
  ...{ name: 'Refunded', scope: 'own' },
  actions: [
    { type: 'add-labels', labels: [someId] },
    { type: 'note', body: 'Refunded.' },
    { type: 'assign', agentId: someId },
    { type: 'snooze', preset: 'tomorrow-morning', zone: 'Europe/Berlin' },
    { type: 'send-canned-reply', cannedReplyId: someId, values: { order: '1042' } },
  ],
};
const macroPlaces = [
  ...['name', 'actions', 'actions.0', 'actions.0.type', 'actions.0.labels', 'actions.0.labels.0'],
  ...['actions.1.body', 'actions.2.agentId', 'actions.3.preset', 'actions.3.zone'],
  ...['actions.4.cannedReplyId', 'actions.4.values', 'actions.4.values.order'],
];
const macroHarmless = [
  ...isCleared('actions.2.agentId'),
  ...harmlessAt('actions.4.values', 'an empty object'),
  ...harmlessAt('actions.4.values.order', 'an empty text', 'blanks', 'a NUL'),
];

const surveyTimes = { agentId: badIds, since: badTimes, until: badTimes };

/** The settings of the inbox, and what surveys bring. */
export const settingsSamples: readonly Sample[] = [
  { route: 'get /api/inbox-settings', query: {} },
  {
    route: 'patch /api/inbox-settings',
    body: {
      ...{ reopenWithinHours: 48, autoCloseAfterHours: 72, shareReadMarks: true },
      satisfactionSurvey: {
        ...{ question: 'How did we do?', buttonLabel: 'Choose', labels: ['1', '2', '3', '4', '5'] },
        ...{ commentQuestion: 'What could we do better?', thanks: 'Thank you!' },
      },
    },
    places: [
      ...['reopenWithinHours', 'autoCloseAfterHours', 'shareReadMarks', 'satisfactionSurvey'],
      ...['question', 'buttonLabel', 'labels', 'labels.0', 'commentQuestion', 'thanks'].map(
        (field) => `satisfactionSurvey.${field}`,
      ),
    ],
    harmless: [
      ...isCleared('satisfactionSurvey'),
      ...isCleared(
        'satisfactionSurvey.labels',
        'satisfactionSurvey.commentQuestion',
        'satisfactionSurvey.thanks',
      ),
      ...harmlessAt('reopenWithinHours', 'zero'),
      ...harmlessAt('autoCloseAfterHours', 'zero'),
      ...harmlessAt('shareReadMarks', 'true', 'false'),
    ],
  },
  {
    route: 'get /api/surveys',
    query: {
      ...{ ...paging, ...surveyTimes, conversationId: badIds, contactId: badIds },
      ...{ score: ['0', '6', '1.5', 'five', '', '%00'], answered: [...badWords, '1', 'TRUE'] },
    },
  },
  { route: 'get /api/surveys/summary', query: surveyTimes },
];

export const macroSamples: readonly Sample[] = [
  {
    route: 'post /api/macros',
    body: macro,
    required: ['name', 'actions'],
    places: [...macroPlaces, 'scope'],
    harmless: macroHarmless,
  },
  {
    route: 'patch /api/macros/:id',
    body: { name: macro.name, actions: macro.actions },
    places: macroPlaces,
    harmless: macroHarmless,
  },
  { route: 'post /api/conversations/:id/run-macro', body: { macroId: someId }, required: ['macroId'] },
];
