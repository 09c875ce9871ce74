import { assignmentSamples } from './assignment-samples.ts';
import { badIds, badSearches, badTimes, badWords, paging, people } from './bad-queries.ts';
import { customFieldSamples } from './custom-field-samples.ts';
import { importSamples } from './import-samples.ts';
import { harmlessAt, isCleared, type Json } from './hostile.ts';
import {
  hoursSamples,
  macroSamples,
  settingsSamples,
  mediaSamples,
  readingSamples,
  slaSamples,
  teamSamples,
  viewSamples,
} from './inbox-samples.ts';
import { plainSamples } from './plain-routes.ts';
import { inDays } from './times.ts';

/** A valid request, so that the spoiled part is its only error. */
export interface Sample {
  /** As in the route table. */
  readonly route: string;
  readonly body?: Json;
  /** Required fields. */
  readonly required?: readonly string[];
  /** Whether `{}` is valid too. */
  readonly mayBeEmpty?: boolean;
  /** Dotted places in the body to spoil; all top-level fields by default. */
  readonly places?: readonly string[];
  /** `place: name of the hostile value`: combinations that are valid nevertheless. */
  readonly harmless?: readonly string[];
  /** The body is a file, not JSON. */
  readonly takesFile?: true;
  /** Query fields of the route, with invalid values for each. */
  readonly query?: Readonly<Record<string, readonly string[]>>;
}

/** An id that no object has. */
export const someId = '0123456789abcdef01234567';

const consent = { source: 'web form', wording: 'Yes, send me offers.' };
const consentPlaces = ['consent.source', 'consent.wording'];
const tagsAndConsent = [
  ...harmlessAt('tags', 'an empty list', 'a list'),
  ...harmlessAt('consent.wording', 'a NUL'),
];
/** Of a contact that does not exist: their definitions are not asked. */
const customFields = [
  ...harmlessAt('customFields', 'an empty object'),
  ...harmlessAt('customFields.city', 'zero', 'a fraction', 'true', 'false', 'a list'),
  ...harmlessAt('customFields.city', 'an empty text', 'blanks', 'a NUL'),
];

const variables = {
  header: { customer: 'Ana' },
  body: { customer: 'Ana', date: '12 May', time: '10:00' },
  buttons: { '0': 'yes' },
};
const variablePlaces = [
  ...['variables', 'variables.header', 'variables.body', 'variables.buttons'],
  ...['variables.header.customer', 'variables.body.date', 'variables.buttons.0'],
];
const components = [
  {
    type: 'BODY',
    text: 'Hello {{1}}, your order is on its way. Thank you.',
    example: { body_text: [['Ana']] },
  },
  {
    type: 'BUTTONS',
    buttons: [
      { type: 'URL', text: 'Track it', url: 'https://shop.example.com/orders/{{1}}', example: ['1'] },
    ],
  },
];
const componentPlaces = [
  ...['category', 'components', 'components.0', 'components.0.type', 'components.0.text'],
  ...['components.0.example', 'components.1.buttons', 'components.1.buttons.0'],
  ...['components.1.buttons.0.url', 'components.1.buttons.0.example'],
];
const componentsHarmless = [
  ...harmlessAt('components.0.example', 'an empty object'),
  ...harmlessAt('components.1.buttons', 'an empty list'),
  ...harmlessAt('components.1.buttons.0.example', 'an empty list', 'a list'),
];

const [password, email] = ['Seven-otters-like-tea', 'nobody@example.com'];

const authSamples: readonly Sample[] = [
  {
    route: 'post /api/auth/signup',
    body: {
      ...{ fullName: 'Jane', email: 'jane@example.com', password, agreeToTerms: true },
      ...{ companyName: 'Jane & Co', timezone: 'Europe/Berlin' },
    },
    required: ['fullName', 'email', 'password', 'agreeToTerms'],
    harmless: ['agreeToTerms: true'],
  },
  { route: 'post /api/auth/login', body: { email, password }, required: ['email', 'password'] },
  { route: 'post /api/auth/refresh' },
  { route: 'post /api/auth/logout' },
  { route: 'get /api/auth/me', query: {} },
  { route: 'post /api/auth/forgot-password', body: { email }, required: ['email'] },
  {
    route: 'post /api/auth/reset-password',
    body: { token: 'N2q1'.repeat(8), password },
    required: ['token', 'password'],
  },
  { route: 'post /api/auth/confirm-email', body: { token: 'N2q1'.repeat(8) }, required: ['token'] },
  { route: 'post /api/auth/request-confirmation', body: { email }, required: ['email'] },
  {
    // The current password is wrong, so that nothing changes however valid the rest is.
    route: 'post /api/auth/change-password',
    body: { currentPassword: 'not the password', newPassword: password },
    required: ['currentPassword', 'newPassword'],
  },
  {
    route: 'post /api/auth/email-change',
    body: { newEmail: 'jane.new@example.com', currentPassword: 'not the password' },
    required: ['newEmail', 'currentPassword'],
  },
  { route: 'delete /api/auth/email-change' },
  { route: 'post /api/auth/confirm-email-change', body: { token: 'N2q1'.repeat(8) }, required: ['token'] },
  { route: 'post /api/auth/reject-email-change', body: { token: 'N2q1'.repeat(8) }, required: ['token'] },
  { route: 'get /api/auth/sessions', query: paging },
  { route: 'delete /api/auth/sessions' },
  { route: 'delete /api/auth/sessions/:id' },
];

const clientSamples: readonly Sample[] = [
  { route: 'get /api/clients', query: paging },
  { route: 'get /api/clients/:id', query: {} },
  {
    route: 'post /api/clients',
    body: {
      ...{ companyName: 'Doe & Sons', timezone: 'Europe/Berlin', whatsappNumber: '+4915112345601' },
      ...{ businessCategory: 'Bakery', admin: { name: 'Jane', email: 'jane.doe@example.com' } },
    },
    required: ['companyName', 'admin'],
    places: [
      ...['companyName', 'timezone', 'whatsappNumber', 'businessCategory'],
      ...['admin', 'admin.name', 'admin.email'],
    ],
  },
  {
    route: 'patch /api/clients/:id',
    body: {
      ...{ companyName: 'Doe & Sons', timezone: 'Europe/Berlin', whatsappNumber: '+4915112345601' },
      ...{ businessCategory: 'Bakery', isActive: true },
    },
    harmless: [
      ...isCleared('whatsappNumber', 'businessCategory'),
      ...harmlessAt('isActive', 'true', 'false'),
    ],
  },
  { route: 'get /api/clients/:id/sending-policy', query: {} },
  {
    route: 'patch /api/clients/:id/sending-policy',
    body: {
      ...{ quietHours: { from: '21:00', to: '09:00', days: ['sat', 'sun'] }, appliesTo: 'marketing' },
      ...{ stopWords: { de: ['ende'] }, startWords: { de: ['weiter'] }, replacesDefaults: true },
    },
    places: [
      ...['quietHours', 'quietHours.from', 'quietHours.to', 'quietHours.days', 'quietHours.days.0'],
      ...['appliesTo', 'stopWords', 'stopWords.de', 'startWords.de.0', 'replacesDefaults'],
    ],
    harmless: [
      ...isCleared('quietHours'),
      ...harmlessAt('stopWords', 'an empty object'),
      ...harmlessAt('stopWords.de', 'an empty list', 'a list'),
      ...harmlessAt('replacesDefaults', 'true', 'false'),
    ],
  },
  {
    route: 'get /api/users',
    query: { ...paging, role: badWords, status: badWords, q: badSearches, teamId: badIds },
  },
  { route: 'get /api/users/:id', query: {} },
  {
    route: 'post /api/users',
    body: { name: 'Jane', email: 'ana@example.com', role: 'agent' },
    required: ['name', 'email'],
  },
  { route: 'patch /api/users/:id', body: { name: 'Jane', role: 'agent', status: 'active' } },
  { route: 'post /api/users/:id/invite' },
  {
    route: 'post /api/users/:id/email-change',
    body: { newEmail: 'ana.new@example.com', currentPassword: 'not the password' },
    required: ['newEmail', 'currentPassword'],
  },
  { route: 'delete /api/users/:id/sessions' },
];

const channelBody = { displayNumber: '+4915112345601', accessToken: 'token', appSecret: 'x'.repeat(32) };
const channelSamples: readonly Sample[] = [
  { route: 'get /api/channels', query: paging },
  { route: 'get /api/channels/:id', query: {} },
  {
    route: 'post /api/channels',
    body: { ...channelBody, phoneNumberId: '106540352242922', wabaId: '102290129340398', sendsPerSecond: 80 },
    required: ['displayNumber', 'phoneNumberId', 'wabaId', 'accessToken'],
  },
  {
    route: 'patch /api/channels/:id',
    body: { ...channelBody, sendsPerSecond: 80 },
    harmless: isCleared('appSecret'),
  },
  { route: 'delete /api/channels/:id' },
  { route: 'post /api/channels/:id/pause' },
  { route: 'post /api/channels/:id/resume' },
  { route: 'post /api/channels/:id/verify' },
  { route: 'post /api/channels/:id/webhook-key' },
  { route: 'get /api/templates', query: { ...paging, status: ['APPROVED', ...badWords], channelId: badIds } },
  { route: 'get /api/templates/:id', query: {} },
  {
    route: 'post /api/templates',
    body: { channelId: someId, name: 'on_its_way', language: 'en_US', category: 'utility', components },
    required: ['channelId', 'name', 'language', 'category', 'components'],
    places: ['channelId', 'name', 'language', ...componentPlaces],
    harmless: componentsHarmless,
  },
  {
    route: 'patch /api/templates/:id',
    body: { category: 'utility', components },
    places: componentPlaces,
    harmless: componentsHarmless,
  },
  { route: 'delete /api/templates/:id' },
  { route: 'post /api/templates/:id/submit' },
  { route: 'post /api/templates/:id/unpause' },
  { route: 'post /api/templates/sync', body: { channelId: someId }, required: ['channelId'] },
  {
    route: 'post /api/templates/:id/preview',
    body: { variables },
    mayBeEmpty: true,
    places: variablePlaces,
    harmless: [
      ...harmlessAt('variables', 'an empty object'),
      ...harmlessAt('variables.header', 'an empty list', 'a list', 'an empty object'),
      ...harmlessAt('variables.body', 'an empty list', 'a list', 'an empty object'),
      ...harmlessAt('variables.buttons', 'an empty object'),
    ],
  },
];

const messageSamples: readonly Sample[] = [
  {
    route: 'post /api/messages/template',
    body: {
      ...{ to: '+4915112345601', templateName: 'appointment_reminder', language: 'en_US', variables },
      ...{ sendAt: inDays(30), expiresAt: inDays(31) },
    },
    required: ['to', 'templateName', 'variables'],
    places: [
      ...['to', 'templateName', 'language', 'sendAt', 'expiresAt'],
      ...['contactId', 'leadId', 'conversationId', 'channelId', 'replyTo'],
      ...variablePlaces,
    ],
    harmless: [
      ...harmlessAt('variables.buttons', 'an empty object'),
      ...harmlessAt('variables.header.customer', 'a NUL'),
      ...harmlessAt('variables.body.date', 'a NUL'),
      ...harmlessAt('variables.buttons.0', 'an empty text', 'blanks', 'a NUL'),
    ],
  },
  {
    // Nobody has written, so no window is open and even a valid request is refused.
    route: 'post /api/messages',
    body: {
      ...{ to: '+4915112345601', content: { type: 'text', body: 'Yes', hasLinkPreview: true } },
      ...{ sendAt: inDays(30), expiresAt: inDays(31) },
    },
    required: ['to', 'content'],
    places: [
      ...['to', 'sendAt', 'expiresAt', 'contactId', 'leadId', 'conversationId', 'channelId', 'replyTo'],
      'lastSeenMessageId',
      ...['content', 'content.type', 'content.body', 'content.hasLinkPreview'],
    ],
    harmless: harmlessAt('content.hasLinkPreview', 'true', 'false'),
  },
  {
    route: 'get /api/messages',
    query: {
      ...paging,
      ...{ conversationId: badIds, contactId: badIds, around: badIds },
      status: ['READ', ...badWords, 'read,', 'read,READ', `read${',sent'.repeat(11)}`],
      direction: ['up', 'inbound,outbound', ...badWords],
      templateName: ['', 'A b', '%00'],
      since: ['', 'yesterday', '2026-01-01', '%00'],
      sort: badWords,
      q: badSearches,
    },
  },
  { route: 'get /api/messages/:id', query: {} },
  { route: 'get /api/messages/:id/timeline', query: {} },
  { route: 'post /api/messages/:id/cancel' },
  {
    route: 'patch /api/messages/:id',
    body: { sendAt: inDays(30), content: { type: 'text', body: 'At 19:00.' } },
    places: ['sendAt', 'content', 'content.type', 'content.body'],
    harmless: isCleared('sendAt'),
  },
  {
    route: 'post /api/messages/:id/retry',
    body: { mayDuplicate: true },
    mayBeEmpty: true,
    harmless: harmlessAt('mayDuplicate', 'true', 'false'),
  },
  {
    // Matches no failed message, so a valid request retries nothing.
    route: 'post /api/messages/retry',
    body: {
      ...{ status: 'failed', class: 'sender', code: '131042', channelId: someId, mayDuplicate: true },
      ...{ templateName: 'hello_world', since: '2026-01-01T00:00:00Z', until: '2030-01-01T00:00:00Z' },
      ...{ limit: 10 },
    },
    required: ['status'],
    harmless: harmlessAt('mayDuplicate', 'true', 'false'),
  },
  {
    route: 'get /api/conversations',
    query: {
      ...{ ...paging, status: badWords, assignedAgentId: badIds, leadId: badIds, contactId: badIds },
      ...{ channelId: badIds, teamId: badIds, since: ['', 'yesterday', '2026-01-01', '%00'] },
      ...{
        unread: ['', 'false', '1'],
        breached: ['', 'false', '1'],
        ...{ snoozed: ['', 'false', '1'], waiting: ['', 'false', '1'] },
        ...{ sort: ['', 'oldest', 'Recent'], updatedSince: ['', 'yesterday', '2026-01-01'] },
        labelId: badIds,
        q: badSearches,
      },
    },
  },
  { route: 'get /api/conversations/counts', query: {} },
  ...teamSamples,
  ...viewSamples,
  ...macroSamples,
  ...settingsSamples,
  { route: 'get /api/conversations/:id', query: {} },
  { route: 'patch /api/conversations/:id', body: { status: 'closed' }, required: ['status'] },
  {
    route: 'post /api/conversations/:id/assign',
    body: { agentId: someId },
    required: ['agentId'],
    harmless: isCleared('agentId'),
  },
  {
    route: 'post /api/conversations/:id/snooze',
    body: { preset: 'tomorrow-morning', zone: 'Europe/Berlin' },
    required: ['preset', 'zone'],
    places: ['snoozedUntil', 'untilReply', 'preset', 'zone'],
  },
  ...readingSamples,
  { route: 'post /api/conversations/:id/take' },
  { route: 'post /api/conversations/:id/give-back' },
  {
    // No conversation has the id, so a valid request changes nothing.
    route: 'post /api/conversations/bulk',
    body: { ids: [someId], action: { type: 'assign', agentId: someId } },
    required: ['ids', 'action'],
    places: ['ids', 'ids.0', 'action', 'action.type', 'action.agentId'],
    harmless: isCleared('action.agentId'),
  },
  { route: 'get /api/notes', query: { ...paging, conversationId: badIds, q: badSearches } },
  {
    route: 'post /api/notes',
    body: { conversationId: someId, body: `Ask @[${someId}]`, mentions: [someId] },
    required: ['conversationId', 'body'],
    places: ['conversationId', 'body', 'mentions', 'mentions.0'],
  },
  {
    // No note has the id, so what is wrong between text and mentions is not reached.
    route: 'patch /api/notes/:id',
    body: { body: `Ask @[${someId}]`, mentions: [someId] },
    places: ['body', 'mentions', 'mentions.0'],
    harmless: harmlessAt('mentions', 'an empty list'),
  },
  { route: 'get /api/canned-replies', query: { ...paging, q: [...badSearches, '%00'] } },
  {
    route: 'post /api/canned-replies/:id/render',
    body: { conversationId: someId, values: { contact_name: 'Ana' } },
    required: ['conversationId'],
    places: ['conversationId', 'values', 'values.contact_name'],
    harmless: [
      ...harmlessAt('values', 'an empty object'),
      ...harmlessAt('values.contact_name', 'an empty text', 'blanks', 'a NUL'),
    ],
  },
  { route: 'get /api/notifications', query: { ...paging, unread: ['', 'false', '1'] } },
  {
    route: 'put /api/conversations/:id/labels',
    body: { labels: [someId] },
    required: ['labels'],
    places: ['labels', 'labels.0'],
    harmless: harmlessAt('labels', 'an empty list'),
  },
];

/** No other sample names this person: the made-up bodies of messages may create contacts. */
const contactBody = {
  ...{ phoneNumber: '+4915112345688', whatsappId: '4915112345688' },
  ...{ businessScopedUserId: 'DE.13491208655302741918', username: 'ana.souza', name: 'Ana Souza' },
  timezone: 'Europe/Lisbon',
  ...{ tags: ['vip'], optInStatus: 'opted-in', consent, customFields: { city: 'Berlin' } },
};
const contactPlaces = [...Object.keys(contactBody), ...consentPlaces, 'customFields.city'];

const leadBody = { name: 'Ana Souza', stage: 'new', tags: ['vip'], optInStatus: 'opted-in', consent };
const peopleSamples: readonly Sample[] = [
  {
    route: 'get /api/contacts',
    query: { ...paging, ...people, isBlocked: badWords, groupId: badIds, customField: ['', 'city'] },
  },
  {
    route: 'post /api/contacts',
    body: contactBody,
    required: ['optInStatus'],
    places: contactPlaces,
    harmless: [...tagsAndConsent, ...harmlessAt('customFields', 'an empty object')],
  },
  {
    route: 'patch /api/contacts/:id',
    body: { ...contactBody, isBlocked: true },
    required: ['optInStatus', 'consent'],
    places: [...contactPlaces, 'isBlocked'],
    harmless: [
      ...harmlessAt('isBlocked', 'true', 'false'),
      ...tagsAndConsent,
      ...customFields,
      ...isCleared('phoneNumber', 'whatsappId', 'businessScopedUserId', 'username', 'name', 'timezone'),
      ...isCleared('customFields', 'customFields.city'),
    ],
  },
  {
    // No contact has the id, so a valid request changes nothing.
    route: 'post /api/contacts/bulk',
    body: { ids: [someId], action: { type: 'add-tags', tags: ['vip'] } },
    required: ['ids', 'action'],
    places: ['ids', 'ids.0', 'action', 'action.type', 'action.tags', 'action.tags.0'],
    harmless: harmlessAt('action.tags', 'a list'),
  },
  {
    route: 'get /api/leads',
    query: { ...paging, ...people, stage: badWords, assignedAgentId: badIds },
  },
  {
    route: 'post /api/leads',
    body: { phoneNumber: '+4915112345601', ...leadBody },
    required: ['phoneNumber', 'optInStatus'],
    places: ['phoneNumber', 'contactId', 'assignedAgentId', ...Object.keys(leadBody), ...consentPlaces],
    harmless: tagsAndConsent,
  },
  {
    route: 'patch /api/leads/:id',
    body: leadBody,
    required: ['optInStatus', 'consent'],
    places: ['assignedAgentId', ...Object.keys(leadBody), ...consentPlaces],
    harmless: [...tagsAndConsent, ...isCleared('name', 'assignedAgentId')],
  },
];

const rows: readonly Sample[] = [
  ...authSamples,
  ...slaSamples,
  ...assignmentSamples,
  ...hoursSamples,
  ...clientSamples,
  // Must come before further channels are created: it names no channel and relies on there being only one.
  ...messageSamples,
  ...channelSamples,
  ...mediaSamples,
  ...peopleSamples,
  ...customFieldSamples,
  ...importSamples,
  {
    route: 'get /api/events',
    query: { ticket: ['x'.repeat(201)], lastEventId: ['1'.repeat(101)] },
  },
  {
    route: 'get /api/audit-events',
    query: {
      ...{ ...paging, actorId: badIds, resourceId: badIds, since: badTimes, until: badTimes },
      action: [...badWords, 'lead', 'lead.', 'Lead.updated', `lead.${'x'.repeat(100)}`],
    },
  },
  {
    route: 'get /api/audit-events/verify',
    query: { after: ['-1', '1.5', 'ten', '', '1e2', '9'.repeat(16), '%00'] },
  },
  { route: 'get /api/health', query: {} },
  { route: 'get /healthz', query: {} },
  { route: 'get /readyz', query: {} },
];

/** One for every route; a test holds this and the route table equal. */
export const samples: readonly Sample[] = [...rows, ...plainSamples(rows)];
