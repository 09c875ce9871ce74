/**
 * The sandbox against pywa, a Python client that others wrote, as it ships: it sends and asks everything that it
 * supports, and reads every webhook of the sandbox. Needs Python's pip once, to fetch the client; without it the test
 * says so and is left out.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootDir } from '../../../scripts/paths.ts';
import { leaveOut } from '../../../scripts/test/left-out.ts';
import { runCommand } from '../../../scripts/servers/run-command.ts';
import { findPip } from '../../../scripts/servers/wheel.ts';
import { APP_SECRET, control, setStage, until, type Stage } from '../helpers.ts';

const version = '4.5.0';
const packages = join(rootDir, '.cache', `pywa-${version}`);
const walk = join(import.meta.dirname, 'walk.py');
const run = promisify(execFile);

/** What pywa asks and the sandbox does not have; and where pywa itself fails on Meta's documented answer. */
const notOffered: Readonly<Record<string, string>> = {
  blocked: 'pywa expects `input` for each blocked person, which Meta’s answer does not have',
  'call permissions': 'calling is not part of the product; pywa fails before it sends anything',
  'create flow': 'flows are made in WhatsApp Manager',
  flows: 'flows are made in WhatsApp Manager',
  groups: 'the product sends to no groups',
  'upsert auth': 'the product creates and edits one template at a time',
};

/** The folder with pywa; null without pip. */
async function installPywa(): Promise<string | null> {
  const isThere = await stat(packages).then(
    () => true,
    () => false,
  );
  if (isThere) return packages;
  const pip = await findPip();
  if (pip === null) return null;
  const draft = `${packages}-${process.pid}`;
  await mkdir(draft, { recursive: true });
  const [command, ...args] = pip;
  const options = ['--only-binary=:all:', '--disable-pip-version-check', '--target', draft];
  const { code, output } = await runCommand(
    command,
    [...args, 'install', ...options, `pywa==${version}`],
    120_000,
  );
  if (code !== 0) throw new Error(`pywa ${version} could not be fetched with pip: ${output.slice(-1_000)}`);
  await rename(draft, packages).catch(() => rm(draft, { recursive: true, force: true }));
  return packages;
}

describe('sandbox and pywa', function () {
  this.timeout(180_000);
  let stage: Stage;
  let folder: string | null;

  before(async function () {
    folder = await installPywa();
    if (folder === null) {
      leaveOut(this, 'pywa comes with Python’s pip; python3 -m pip, pip3 and pip all failed to run.');
    }
    stage = await setStage({ behaviour: { numbers: { 1000: { wabaId: '42' } } } });
  });
  after(() => stage?.end());

  async function python(...args: string[]): Promise<[string, unknown][]> {
    const env = { ...process.env, PYTHONPATH: folder ?? '', PYTHONDONTWRITEBYTECODE: '1' };
    const { stdout } = await run('python3', [walk, ...args], { env, timeout: 120_000, maxBuffer: 1 << 24 });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, unknown]);
  }

  it('everything that it can send and ask › works, but for a short list with reasons', async () => {
    const steps = await python('send', stage.sandbox.url, '42');
    const failed = steps.filter(([, error]) => error !== null);
    assert.deepEqual(
      failed.filter(([name]) => !(name in notOffered)),
      [],
    );
    assert.deepEqual(failed.map(([name]) => name).toSorted(), Object.keys(notOffered).toSorted());
    assert.ok(steps.length > 60, `only ${steps.length} steps`);
  });

  it('everything that the sandbox calls back › is verified and understood', async () => {
    const person = {
      phoneNumberId: '1000',
      from: '+15550001111',
      userId: 'US.13491208655302741918',
      name: 'Ana',
    };
    const media = ['image', 'video', 'audio', 'document', 'sticker'].map((type) => ({ type }));
    const messages: readonly object[] = [
      ...media,
      { type: 'text', text: 'hi' },
      { type: 'button', text: 'Yes', payload: 'y' },
      { type: 'button_reply', text: 'Yes', payload: 'y', contextId: 'wamid.X' },
      { type: 'list_reply', text: 'Row', payload: 'r', description: 'd', contextId: 'wamid.X' },
      { type: 'nfm_reply', response: { flow_token: 't', answer: 1 }, contextId: 'wamid.X' },
      { type: 'location', latitude: 1, longitude: 2, address: 'a' },
      { type: 'reaction', text: '👍', contextId: 'wamid.X' },
      { type: 'contacts', contacts: [{ name: { formatted_name: 'Bo', first_name: 'Bo' } }] },
      {
        type: 'order',
        products: [{ product_retailer_id: 'p', quantity: 1, item_price: 2, currency: 'EUR' }],
      },
      { type: 'unsupported', unsupportedType: 'poll' },
    ];
    for (const message of messages) {
      const answer = await control(stage.sandbox, 'POST /inbound', { ...person, ...message });
      assert.equal(answer.status, 200, JSON.stringify(message));
    }
    await until('receipts and messages', () => stage.receiver.posts.length > messages.length);
    const file = join(stage.options.dataDir, 'posts.jsonl');
    await writeFile(file, stage.receiver.posts.map((post) => `${JSON.stringify(post)}\n`).join(''), 'latin1');
    const steps = await python('receive', file, APP_SECRET);
    const seen = steps.pop();
    assert.deepEqual(
      steps.filter(([, error]) => error !== null),
      [],
    );
    assert.equal(seen?.[0], 'seen');
    const kinds = new Set((seen[1] as [string, string, string][]).map(([, kind]) => kind));
    for (const kind of ['Message', 'MessageStatus', 'CallbackButton', 'CallbackSelection', 'FlowCompletion'])
      assert.ok(kinds.has(kind), `${kind} is not among ${[...kinds].join(', ')}`);
  });
});
