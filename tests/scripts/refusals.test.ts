import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { describeSilence } from '../../src/platform/command-line.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';

const tsx = import.meta.resolve('tsx');
const run = (bin: string, args: readonly string[], env: Record<string, string>) =>
  runCommand(process.execPath, ['--import', tsx, join(rootDir, 'src', 'bin', bin), ...args], 60_000, {
    PATH: process.env['PATH'],
    ...env,
  });

describe('single processes that cannot start', function () {
  this.timeout(60_000);

  it('api with a misspelt secret › says which name was meant, beside what is missing', async () => {
    const { code, output } = await run('api.ts', [], { WEBHOOK_VERIFY_TOKN: 'canary' });
    assert.equal(code, 1);
    const line =
      'warning: WEBHOOK_VERIFY_TOKN is unknown and has no effect; did you mean WEBHOOK_VERIFY_TOKEN?';
    assert.ok(output.startsWith(`${line}\nThe environment is incomplete:\n`), output);
    assert.match(output, /^ {2}WEBHOOK_VERIFY_TOKEN is missing$/m);
    assert.ok(!output.includes('canary'));
  });

  it('an operator command whose database is silent › says why, without the address', async () => {
    const busy = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as { port: number };
    const uri = `mongodb://crm:canary@127.0.0.1:${port}/crm`;
    const { code, output } = await run('dead-letters.ts', ['list'], { MONGODB_URI: uri });
    busy.close();
    assert.equal(code, 1);
    assert.match(output, /^The database of MONGODB_URI does not answer: /);
    assert.ok(!output.includes('canary'));
  });

  it('an operator command without MONGODB_URI and without a database › says what to set', () => {
    const message = describeSilence('timers', { isGiven: false, error: new Error('closed') });
    assert.match(
      message,
      /^MONGODB_URI is not set, and no database answers at the default address: closed\n/,
    );
    assert.match(message, /stack\.json"\)\.mongo'\)" npm run timers -- …$/);
  });
});
