import assert from 'node:assert/strict';
import { problems } from '../../src/app/problems.ts';
import { issuePaths, type Answer } from './http.ts';

/** The vocabulary of the validator, which says nothing to callers. */
const validatorWords =
  /\bInvalid |Too (big|small)|expected |, received \w|[Uu]nrecognized|discriminator|>=|<=/;

/** Asserts that the answer is a 4xx problem by RFC 9457 with a registered code; the failure shows what was sent. */
export function assertRefused(answer: Answer, what: string): void {
  const { status, body, headers } = answer;
  const summary = `${what}: ${status} ${answer.text.slice(0, 300)}`;
  assert.ok(status >= 400 && status < 500, summary);
  assert.equal(headers.get('content-type'), 'application/problem+json', summary);
  const code = String(body['code']);
  assert.ok(Object.hasOwn(problems, code), summary);
  assert.equal(body['status'], status, summary);
  assert.equal(problems[code as keyof typeof problems].status, status, summary);
  assert.ok(String(body['type']).endsWith(`/problems/${code}`), summary);
  assert.equal(body['instance'], headers.get('x-request-id'), summary);
  assert.ok(typeof body['title'] === 'string' && typeof body['detail'] === 'string', summary);
  if (code !== 'invalid-input') return;
  const errors = body['errors'] as { path: unknown; message: unknown }[];
  assert.ok(errors.length > 0, summary);
  for (const { path, message } of errors) {
    assert.ok(typeof path === 'string' && typeof message === 'string', summary);
    assert.match(message, /^[A-Z“].*\.$/s, summary);
    assert.doesNotMatch(message, validatorWords, summary);
  }
}

/** The same for invalid input, with an issue for each of these paths, for a part of it or for its parent. */
export function assertInvalid(answer: Answer, paths: readonly string[], what: string): void {
  assertRefused(answer, what);
  assert.equal(answer.body['code'], 'invalid-input', `${what}: ${answer.text}`);
  const found = issuePaths(answer);
  for (const path of paths) {
    const isNamed = found.some((named) => `${named}.`.startsWith(`${path}.`) || path.startsWith(`${named}.`));
    assert.ok(isNamed, `${what}: ${path} is not among ${found.join(', ')}`);
  }
}
