import { paging } from './bad-queries.ts';
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
