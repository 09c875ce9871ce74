import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeProgress } from '../../scripts/stack/demo.ts';
import { createSteps } from '../../scripts/stack/steps.ts';
import { describeLogLine, trimLog, watchLog } from '../../scripts/stack/log-watch.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'progress-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('line of a process log', () => {
  it('information › not shown', () => {
    assert.equal(describeLogLine('{"level":30,"msg":"request"}'), null);
    assert.equal(describeLogLine('{"level":"info","message":"request"}'), null);
    assert.equal(describeLogLine('   '), null);
  });

  it('warning or error › its message and its cause', () => {
    assert.equal(describeLogLine('{"level":40,"msg":"slow"}'), 'slow');
    assert.equal(
      describeLogLine('{"level":"error","message":"not sent","error":{"message":"ECONNREFUSED"}}'),
      'not sent: ECONNREFUSED',
    );
  });

  it('a failure with a reason instead of an error › its reason', () => {
    const line = JSON.stringify({
      level: 'error',
      message: 'mail given up',
      reason: 'refused',
      mailId: 'm1',
    });
    assert.equal(describeLogLine(line), 'mail given up: refused (mail m1)');
  });

  const subjects: readonly (readonly [string, object, string])[] = [
    [
      'a message',
      { messageId: '665f1c2ab7e4d3a9c8b01250', channelId: 'c1' },
      'message 665f1c2ab7e4d3a9c8b01250',
    ],
    ['the workflow of a message', { workflowId: 'message:665f', eventId: 'e1' }, 'message 665f'],
    ['a webhook event', { eventId: 'e1' }, 'event e1'],
    ['a mail', { mailId: 'm1' }, 'mail m1'],
    ['a channel', { channelId: 'c1' }, 'channel c1'],
    ['a request', { requestId: 'r1' }, 'request r1'],
    ['a loop', { loop: 'sweep' }, 'loop sweep'],
    ['a readiness check', { check: 'mongo' }, 'check mongo'],
    ['what the process needs', { dependency: 'mongo' }, 'dependency mongo'],
  ];
  for (const [what, fields, named] of subjects) {
    it(`a failure of ${what} › names it`, () => {
      const line = JSON.stringify({
        level: 'warn',
        message: 'not stored',
        error: { message: 'away' },
        ...fields,
      });
      assert.equal(describeLogLine(line), `not stored: away (${named})`);
    });
  }

  it('a long failure of a message › still names it', () => {
    const line = JSON.stringify({ level: 'error', message: 'x'.repeat(1_000), messageId: '665f' });
    assert.match(describeLogLine(line) ?? '', /x \(message 665f\)$/);
  });

  it('not JSON › shown as it is, cut to a line', () => {
    assert.equal(describeLogLine('Error: no such file'), 'Error: no such file');
    assert.equal(describeLogLine('x'.repeat(1000))?.length, 300);
  });
});

describe('watched log', () => {
  it('old lines, new lines, a flood › only new ones, and not all of a flood', async () => {
    const file = join(folder, 'api.log');
    await writeFile(file, 'old line\n');
    const shown: string[] = [];
    const stop = await watchLog(file, (line) => shown.push(line));
    await appendFile(file, Array.from({ length: 20 }, (_, index) => `new ${index}\n`).join('') + 'half a li');
    while (shown.length === 0) await sleep(50);
    stop();
    assert.deepEqual(shown, ['new 0', 'new 1', 'new 2', 'new 3', 'new 4', `… more in ${file}`]);
  });
});

describe('log of a running program', () => {
  it('too large › its content moves to the previous copy, and new lines are still shown', async () => {
    const file = join(folder, 'worker.log');
    await writeFile(file, 'old line\n'.repeat(10));
    const shown: string[] = [];
    const stop = await watchLog(file, (line) => shown.push(line));
    await trimLog(file, 20);
    await appendFile(file, 'new line\n');
    while (shown.length === 0) await sleep(50);
    stop();
    assert.deepEqual(shown, ['new line']);
    assert.equal(await readFile(file, 'utf8'), 'new line\n');
    assert.equal(await readFile(`${file}.1`, 'utf8'), 'old line\n'.repeat(10));
  });

  it('not too large › left alone', async () => {
    const file = join(folder, 'worker.log');
    await writeFile(file, 'a line\n');
    await trimLog(file, 20);
    await trimLog(join(folder, 'missing.log'), 20);
    assert.equal(await readFile(file, 'utf8'), 'a line\n');
  });
});

describe('progress of a demo message', () => {
  const message = { id: '1', to: '+12025550101', templateName: 'hello_world', workflowId: null };
  const history = (...statuses: string[]) => statuses.map((status) => ({ status }));

  it('receipts in order › the way', () => {
    assert.equal(
      describeProgress({
        ...message,
        status: 'read',
        statusHistory: history('queued', 'sent', 'delivered', 'read'),
      }),
      'hello_world to +12025550101: queued → sent → delivered → read',
    );
  });

  it('receipts out of order and repeated › as they came, and what is true now', () => {
    assert.match(
      describeProgress({
        ...message,
        status: 'read',
        statusHistory: history('sent', 'read', 'delivered', 'read'),
      }),
      /sent → read → delivered; status: read$/,
    );
  });
});

describe('steps of a start', () => {
  it('Ctrl-C during a step › its line does not follow, and no other step begins', async () => {
    const stopping = new AbortController();
    const lines: string[] = [];
    const step = createSteps(3, (line) => lines.push(line), stopping.signal);
    await step('build', async () => undefined);
    let end: () => void = () => undefined;
    const running = step('demo messages', () => new Promise<void>((resolve) => (end = resolve)));
    stopping.abort();
    end();
    await assert.rejects(running, { name: 'AbortError' });
    const begun: string[] = [];
    await assert.rejects(
      step('screen', async () => void begun.push('screen')),
      { name: 'AbortError' },
    );
    assert.deepEqual([lines.map((line) => line.replace(/ \(.*/, '')), begun], [['[ 1/3] build'], []]);
  });
});
