import assert from 'node:assert/strict';
import { maskDigits } from '../../../src/platform/logger.ts';
import { captureLog } from '../../support/logger.ts';

describe('logger', () => {
  it('a line › is JSON with time, level, process and message', () => {
    const log = captureLog();
    log.logger.child({ part: 'http' }).info({ status: 200 }, 'request');
    const [line] = log.lines();
    assert.equal(line?.['level'], 'info');
    assert.equal(line?.['process'], 'test');
    assert.equal(line?.['part'], 'http');
    assert.equal(line?.['message'], 'request');
    assert.equal(line?.['status'], 200);
    assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT/);
  });

  it('an error with causes › name, code, frames and causes; digits masked, other fields omitted', () => {
    const log = captureLog();
    const cause = Object.assign(new TypeError('no answer for +44 7911 123456'), { code: 'ECONNRESET' });
    const error = Object.assign(new Error('send to 447911123456 failed', { cause }), {
      body: { text: 'canary-body' },
      request: 'canary-request',
    });
    log.logger.error({ error }, 'failed');
    const serialized = log.lines()[0]?.['error'] as Record<string, unknown>;
    assert.equal(serialized['message'], 'send to [digits] failed');
    assert.match(String(serialized['stack']), /^\s+at /);
    assert.deepEqual(
      { ...(serialized['cause'] as object), stack: undefined },
      { name: 'TypeError', message: 'no answer for +[digits]', code: 'ECONNRESET', stack: undefined },
    );
    assert.doesNotMatch(log.text(), /canary|7911/);
  });

  it('a chain of causes without an end › stops', () => {
    const log = captureLog();
    const error = new Error('round');
    error.cause = error;
    log.logger.error({ error }, 'failed');
    assert.ok(log.text().length < 40_000);
  });

  it('something thrown that is no error › is described without its content', () => {
    const log = captureLog();
    log.logger.error({ error: { password: 'canary' } }, 'failed');
    log.logger.error({ error: 'plain text' }, 'failed');
    assert.doesNotMatch(log.text(), /canary/);
    assert.match(log.text(), /plain text/);
  });

  it('fields that must never be logged › are redacted, also one level down', () => {
    const log = captureLog();
    log.logger.info({ password: 'canary', nested: { accessToken: 'canary', to: 'canary' } }, 'oops');
    assert.doesNotMatch(log.text(), /canary/);
  });

  it('digits › runs of seven and more are masked, ports, statuses and addresses are not', () => {
    assert.equal(maskDigits('to 4479111 and 447-911-1234'), 'to [digits] and [digits]');
    assert.equal(maskDigits('127.0.0.1:27017 answered 500'), '127.0.0.1:27017 answered 500');
  });
});
