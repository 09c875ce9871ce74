import type { ApiDescription } from '../http/openapi.ts';

/** The API as a whole. Every tag of a route must be listed, in reading order. */
export const apiDescription: ApiDescription = {
  title: 'WhatsApp CRM',
  version: '0.1.0',
  description: `JSON in and out. Sign up or log in, then send \`Authorization: Bearer <accessToken>\`. Unless the description of an operation limits it to admins or operators, every user of the business may call it.

Errors are problem details (RFC 9457): \`code\` names the problem, \`type\` is [the page](problems) that explains it, and \`errors\` lists every validation issue. Every response has an \`X-Request-Id\`.

Lists return \`nextCursor\`: pass it as \`cursor\` with the same filters until it is null.

Operations that list 412 take \`If-Match\` with the \`ETag\` of the response that the change is based on, and refuse the change if the object has changed since. Operations that create or start something take an \`Idempotency-Key\`, which makes them safe to repeat.`,
  license: { name: 'MIT', identifier: 'MIT' },
  tags: [
    { name: 'Auth', description: 'Sign-up, log-in, passwords and your sessions' },
    { name: 'Clients', description: 'Businesses that use the CRM, and their sending policies' },
    { name: 'Users', description: 'People who sign in for a business' },
    { name: 'Channels', description: 'WhatsApp numbers of a business' },
    { name: 'Templates', description: 'Message templates, which the provider reviews' },
    { name: 'Contacts', description: 'People on WhatsApp, and their consent' },
    { name: 'Tags', description: 'Words of the business that sort its contacts' },
    { name: 'Contact groups', description: 'Lists of contacts that are put together by hand' },
    { name: 'Custom fields', description: 'Fields of the business that its contacts have values of' },
    { name: 'Leads', description: 'Sales opportunities of contacts' },
    { name: 'Imports', description: 'Contacts from files: a dry run first, then the run' },
    { name: 'Segments', description: 'Contacts whom a filter finds' },
    { name: 'Conversations', description: 'Threads of one contact on one channel' },
    { name: 'Teams', description: 'Groups of users that policies and filters name' },
    { name: 'Assignment', description: 'Which agents get which conversations, and who is there' },
    { name: 'Saved views', description: 'Searches of conversations under a name, with a live count' },
    { name: 'Notes', description: 'Notes of users about conversations, and who is mentioned in them' },
    { name: 'Canned replies', description: 'Texts that agents insert by a short code' },
    { name: 'Macros', description: 'Actions on a conversation that run as one' },
    { name: 'Labels', description: 'Words of the business that sort conversations' },
    { name: 'Surveys', description: 'What contacts answer after their conversation was closed' },
    { name: 'Business hours', description: 'When a place of the business is open' },
    { name: 'Service levels', description: 'How soon conversations are to be answered and resolved' },
    { name: 'Messages', description: 'Messages of a conversation: sending, tracking, retrying' },
    { name: 'Media', description: 'Files of messages' },
    { name: 'Live events', description: 'What changes, as it happens' },
    {
      name: 'Audit',
      description: 'Who changed what in a business, and the proof that nobody has rewritten it',
    },
    { name: 'Webhook', description: 'Events from the provider' },
    { name: 'Health', description: 'Whether the API can take requests' },
    { name: 'Documentation', description: 'This document, and the meaning of problem codes' },
  ],
};
