import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMailCatcher, type MailCatcher } from '../../scripts/mail/catcher.ts';
import { readMail } from '../../scripts/mail/message.ts';
import { createSmtpTransport } from '../../src/mail/transport.ts';
import { Secret } from '../../src/platform/secret.ts';
import { waitFor } from '../support/wait.ts';

describe('mail catcher', () => {
  let folder: string;
  let catcher: MailCatcher;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mails-test-'));
    catcher = await startMailCatcher({ smtpPort: 0, pagePort: 0, folder });
  });
  afterEach(async () => {
    await catcher.stop();
    await rm(folder, { recursive: true });
  });

  async function send(subject: string, text: string): Promise<void> {
    const transport = createSmtpTransport({
      smtpUrl: new Secret(catcher.smtpUrl),
      from: 'CRM <crm@example.com>',
      requiresTls: false,
    });
    await transport.send({ to: 'jane@example.com', subject, text });
    transport.close();
  }
  const caught = async () => {
    const answer = await fetch(`${catcher.pageUrl}.json`);
    return ((await answer.json()) as { items: { to: string[]; subject: string; text: string }[] }).items;
  };

  it('a mail with long lines, accents and dots › reads as it was written, the newest first', async () => {
    const text = `Grüße an Jörg 🎉\n.\n..leading dots\n${'https://app.example.com/reset#token='.padEnd(200, 'x=Aé')}\n${'words '.repeat(40)}end`;
    await send('First', 'one');
    await send('Ünïcode subject that is long enough to be folded into several encoded words 🎉', text);
    const [newest, oldest] = await caught();
    assert.equal(
      newest?.subject,
      'Ünïcode subject that is long enough to be folded into several encoded words 🎉',
    );
    assert.equal(newest?.text, text);
    assert.deepEqual(newest?.to, ['jane@example.com']);
    assert.equal(oldest?.text, 'one');
  });

  it('the page › shows markup as text and addresses as links', async () => {
    await send('<script>alert(1)</script>', 'see https://app.example.com/x#token=abc now <b>');
    const page = await (await fetch(catcher.pageUrl)).text();
    assert.doesNotMatch(page, /<script|<b>/);
    const style = await fetch(new URL('/dev/pages.css', catcher.pageUrl));
    assert.match(await style.text(), /prefers-color-scheme: dark/);
    assert.ok(page.includes('<link rel="stylesheet" href="/dev/pages.css">'));
    assert.ok(page.includes('<a href="https://app.example.com/x#token=abc"'), page);
  });

  it('a page of somebody else’s that points its name here › reads nothing', async () => {
    const { port } = new URL(catcher.pageUrl);
    const status = await new Promise((resolve) => {
      request(
        { port, host: '127.0.0.1', path: '/dev/mails.json', headers: { host: `evil.test:${port}` } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      ).end();
    });
    assert.equal(status, 403);
    assert.equal((await fetch(new URL('/other', catcher.pageUrl))).status, 404);
  });

  it('the files › for their owner only, and kept over a restart', async () => {
    await send('Kept', 'text');
    const [name = ''] = await waitFor('a file', async () => {
      const names = await readdir(folder);
      return names.length > 0 && names;
    });
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
    await catcher.stop();
    catcher = await startMailCatcher({ smtpPort: 0, pagePort: 0, folder });
    assert.equal((await caught())[0]?.subject, 'Kept');
  });

  it('something that is no mail › is shown as it came', () => {
    assert.deepEqual(readMail(Buffer.from('no header at all')), { subject: '', text: '' });
    assert.deepEqual(readMail(Buffer.from('Subject: =?UTF-8?B?w7w=?=\r\n\r\nA=20B')), {
      subject: 'ü',
      text: 'A=20B',
    });
  });
});
