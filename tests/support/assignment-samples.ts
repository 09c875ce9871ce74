import { harmlessAt, isCleared } from './hostile.ts';
import type { Sample } from './request-samples.ts';

/** No team has this id. */
const someTeamId = '0123456789abcdef01234567';

const assignmentPolicy = {
  ...{ name: 'Everybody', priority: 7, channelIds: [], agentIds: [], excludedLabels: [] },
  ...{ method: 'least-loaded', order: 'longest-waiting', capacity: 10, isSticky: true },
  ...{ fairLimit: { count: 100, perSeconds: 3_600 }, returnAfterSeconds: 900, maxAgeHours: 48 },
  ...{ offlineGraceSeconds: 120, returnsAnswered: false, teamId: someTeamId },
};
const assignmentPolicyPlaces = [
  ...Object.keys(assignmentPolicy),
  ...['fairLimit.count', 'fairLimit.perSeconds'],
];
const anyAgent = [
  ...['channelIds', 'agentIds', 'excludedLabels'].flatMap((name) => harmlessAt(name, 'an empty list')),
  ...['isSticky', 'returnsAnswered'].flatMap((name) => harmlessAt(name, 'true', 'false')),
];

/** The requests of assignment policies. */
export const assignmentSamples: readonly Sample[] = [
  {
    route: 'put /api/agents/:id/capacity',
    body: { capacity: 3 },
    required: ['capacity'],
    harmless: [...isCleared('capacity'), ...harmlessAt('capacity', 'zero')],
  },
  {
    route: 'post /api/assignment-policies',
    body: assignmentPolicy,
    required: ['name', 'priority'],
    places: assignmentPolicyPlaces,
    harmless: anyAgent,
  },
  {
    route: 'patch /api/assignment-policies/:id',
    body: assignmentPolicy,
    places: assignmentPolicyPlaces,
    harmless: [...anyAgent, ...isCleared('returnAfterSeconds', 'maxAgeHours', 'teamId')],
  },
];
