import assert from 'node:assert/strict';
import { problems } from '../../src/app/problems.ts';
import { issuePaths, type Answer } from './http.ts';

/** The answer is a refusal of the caller as RFC 9457 has it, with a code of the one table; says what was sent if not. */
export function assertRefused(answer: Answer, what: string): void {
  const { status, body, headers } = answer;
  const told = `${what}: ${status} ${answer.text.slice(0, 300)}`;
  assert.ok(status >= 400 && status < 500, told);
  assert.equal(headers.get('content-type'), 'application/problem+json', told);
  const code = String(body['code']);
  assert.ok(Object.hasOwn(problems, code), told);
  assert.equal(body['status'], status, told);
  assert.equal(problems[code as keyof typeof problems].status, status, told);
  assert.ok(String(body['type']).endsWith(`/problems/${code}`), told);
  assert.equal(body['instance'], headers.get('x-request-id'), told);
  assert.ok(typeof body['title'] === 'string' && typeof body['detail'] === 'string', told);
  if (code !== 'invalid-input') return;
  const errors = body['errors'] as { path: unknown; message: unknown }[];
  assert.ok(errors.length > 0, told);
  for (const { path, message } of errors) {
    assert.ok(typeof path === 'string' && typeof message === 'string' && message !== '', told);
  }
}

/** The same, refused as invalid input, with an issue for each of these paths, for a part of it or for what it is in. */
export function assertInvalid(answer: Answer, paths: readonly string[], what: string): void {
  assertRefused(answer, what);
  assert.equal(answer.body['code'], 'invalid-input', `${what}: ${answer.text}`);
  const found = issuePaths(answer);
  for (const path of paths) {
    const isNamed = found.some((named) => `${named}.`.startsWith(`${path}.`) || path.startsWith(`${named}.`));
    assert.ok(isNamed, `${what}: ${path} is not among ${found.join(', ')}`);
  }
}
