import { channelProblems } from '../channels/problems.ts';
import { consentProblems } from '../consent/problems.ts';
import { eventProblems } from '../events/problems.ts';
import { httpProblems } from '../http/problem-codes.ts';
import { identityProblems } from '../identity/problems.ts';
import { peopleProblems } from '../people/problems.ts';
import { generalProblems, type ProblemTable } from '../platform/errors.ts';
import { combineTables } from '../platform/registry.ts';
import { sendingProblems } from '../sending/problems.ts';
import { templateProblems } from '../templates/problems.ts';
import { webhookProblems } from '../webhooks/problems.ts';

/** Every problem of the API. A code that an area declares and this table lacks does not compile. */
export const problems: ProblemTable = combineTables(
  generalProblems,
  httpProblems,
  eventProblems,
  identityProblems,
  channelProblems,
  peopleProblems,
  templateProblems,
  consentProblems,
  sendingProblems,
  webhookProblems,
);
