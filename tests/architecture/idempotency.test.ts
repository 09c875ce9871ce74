import assert from 'node:assert/strict';
import { createDescribedServer } from '../../scripts/docs/route-tables.ts';

/** The POST routes that read no `Idempotency-Key`, each with why repeating it does no harm, or why it cannot have one. */
const withoutKey: Readonly<Record<string, string>> = {
  signUpBusiness: 'There is no business yet whose key it could be; an address signs up once.',
  logInUser: 'Each sign-in opens a session of its own, and its answer has a cookie.',
  refreshAccessToken: 'The rotation of refresh tokens has its own rule for a repeated one.',
  logOutUser: 'Ends a session; it stays ended.',
  confirmEmail: 'The link works once.',
  requestEmailConfirmation: 'Public, and answers the same for every address; mails per address are limited.',
  requestPasswordReset: 'Public, and answers the same for every address; mails per address are limited.',
  resetPassword: 'The link works once.',
  changePassword: 'Sets a state, and asks for the current password; a hash of passwords must not be stored.',
  requestEmailChange:
    'Asks for the current password, of which no hash must be stored; a newer request replaces it.',
  requestUserEmailChange:
    'Asks for the current password, of which no hash must be stored; a newer request replaces it.',
  confirmEmailChange: 'The link works once.',
  rejectEmailChange: 'The link works once.',
  pauseChannel: 'Sets a state.',
  resumeChannel: 'Sets a state.',
  verifyChannel: 'Asks the provider and stores what it says now.',
  assignConversation: 'Sets a state.',
  takeConversation: 'Sets a state.',
  returnConversation: 'Of two, the second finds that it is not assigned to the caller any more.',
  sendHeartbeat: 'Sets a time.',
  snoozeConversation: 'Sets a state.',
  markConversationRead: 'Sets a state.',
  markConversationUnread: 'Sets a state.',
  sendTypingSignal: 'Is about the moment, and keeps nothing.',
  createEventTicket: 'Each ticket opens one stream and is gone after half a minute.',
  markNotificationsRead: 'Sets a state.',
  cancelMessage: 'Sets a state.',
  renderCannedReply: 'Stores nothing.',
  previewTemplate: 'Stores nothing.',
  previewSegment: 'Stores nothing.',
  startImport: 'Sets a state.',
  pauseImport: 'Sets a state.',
  resumeImport: 'Sets a state.',
  cancelImport: 'Sets a state.',
  undoImport: 'Sets a state.',
};

const { routes } = await createDescribedServer();
const posts = routes.filter(({ method }) => method === 'post');
const keyless = posts.filter(({ idempotent }) => idempotent === undefined);

describe('architecture › idempotency', () => {
  it('a POST that creates or starts something › reads an Idempotency-Key, or is listed here with its reason', () => {
    assert.ok(posts.length > 25, 'the routes were found');
    const listed = Object.keys(withoutKey);
    assert.deepEqual(keyless.map(({ operationId }) => operationId).toSorted(), listed.toSorted());
  });

  it('a POST that answers 201 › always reads one, but the sign-up', () => {
    const creating = keyless.filter(({ replies }) => 201 in replies);
    assert.deepEqual(
      creating.map(({ operationId }) => operationId),
      ['signUpBusiness'],
    );
  });

  it('GET, PATCH, PUT and DELETE › never read one: they are idempotent by themselves', () => {
    const others = routes.filter(({ method, idempotent }) => method !== 'post' && idempotent !== undefined);
    assert.deepEqual(
      others.map(({ operationId }) => operationId),
      [],
    );
  });
});
