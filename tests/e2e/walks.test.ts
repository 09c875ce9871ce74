/** Types the walks of README.md and docs/walks as a reader would, block by block, at the addresses that `npm start` prints. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { startAsShipped } from '../support/as-shipped.ts';

interface Block {
  readonly code: string;
  /** What the page shows below it; null if the block prints nothing worth showing. */
  readonly shown: string | null;
}

/** The shell blocks of a page, from a heading on, each with the block of another kind that follows it. */
function blocksOf(markdown: string, from: string, to?: string): Block[] {
  const begin = markdown.indexOf(from);
  assert.ok(begin >= 0, from);
  const part = markdown.slice(begin, to === undefined ? undefined : markdown.indexOf(to, begin));
  const fences = [...part.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({
    kind,
    text,
  }));
  return fences.flatMap(({ kind, text }, place) => {
    const [before, next] = [fences[place - 1], fences[place + 1]];
    // Nothing else compares what a page shows with what the product answers.
    if (kind !== 'sh') assert.equal(before?.kind, 'sh', `no command prints this block:\n${text}`);
    if (kind !== 'sh') return [];
    return [{ code: text, shown: next === undefined || next.kind === 'sh' ? null : next.text }];
  });
}

/** Times, ids and ports differ each time. */
const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b[0-9a-f]{24}\b/g, '<id>')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replace(/\bhttp:\/\/localhost:\d+/g, '<origin>')
    .trim();

const marker = (place: number): string => `--- block ${place} ---`;

/** The output of each block; they are typed at once, without a pause. */
async function typeInto(folder: string, setUp: string, blocks: readonly Block[]): Promise<string[]> {
  const script = [setUp, ...blocks.map(({ code }, place) => `echo '${marker(place)}'\n${code}`)].join('\n');
  const shell = spawn('bash', ['-s'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
  });
  const output: string[] = [];
  shell.stdout.on('data', (part: Buffer) => output.push(part.toString()));
  shell.stderr.on('data', (part: Buffer) => output.push(`stderr: ${part.toString()}`));
  shell.stdin.end(script);
  await new Promise((resolve) => shell.once('close', resolve));
  const text = output.join('');
  return blocks.map((_block, place) => {
    const begin = text.indexOf(marker(place)) + marker(place).length;
    const end = text.indexOf(marker(place + 1));
    return text.slice(begin, end < 0 ? undefined : end);
  });
}

describe('walks › typed block by block', function () {
  this.timeout(300_000);
  let product: Awaited<ReturnType<typeof startAsShipped>>;
  let folder: string;

  before(async () => {
    product = await startAsShipped();
    folder = await mkdtemp(join(tmpdir(), 'whatsapp-crm-reader-'));
  });
  after(async () => {
    await product.close();
    await rm(folder, { recursive: true, force: true });
  });

  const read = (page: string) => readFile(join(rootDir, page), 'utf8');
  const walkOf = async () =>
    blocksOf(await read('README.md'), '## One message, step by step', '## Your frontend');
  const setUp = () => {
    const variables = [...product.screen.matchAll(/^ +((?:API|SANDBOX|MAILS)=\S+)$/gm)].map(
      ([, line]) => line,
    );
    assert.equal(variables.length, 3);
    return variables.join('\n');
  };

  it('README, people and conversations, the inbox, waiting and retrying, opening hours, an import › each block › prints what the page shows', async () => {
    const blocks = [
      ...(await walkOf()),
      ...blocksOf(await read('docs/walks/people-and-conversations.md'), '# Walk'),
      ...blocksOf(await read('docs/walks/inbox.md'), '# Walk'),
      ...blocksOf(await read('docs/walks/waiting-and-retrying.md'), '# Walk'),
      ...blocksOf(await read('docs/opening-hours-and-service-levels.md'), '# Opening'),
      ...blocksOf(await read('docs/walks/import.md'), '# Walk'),
    ];
    assert.ok(blocks.length > 15);
    const printed = await typeInto(folder, setUp(), blocks);
    for (const [place, { code, shown }] of blocks.entries()) {
      const said = printed[place] ?? '';
      if (shown === null) assert.doesNotMatch(said, /stderr|"code":|undefined/, code);
      else assert.equal(masked(said), masked(shown), code);
    }
    assert.deepEqual(await readdir(folder), [], 'nothing is written where the reader works');
  });

  it('README › signs up a second time, logs in with a wrong password › one line names the problem, without a stack', async () => {
    const [helpers, signUp, logIn] = await walkOf();
    assert.ok(helpers !== undefined && signUp !== undefined && logIn !== undefined);
    const mistyped = { code: logIn.code.replace('Seven', 'Eleven'), shown: null };
    const [, first, second, third] = await typeInto(folder, setUp(), [
      ...[helpers, { ...signUp, code: signUp.code.replace('jane@', 'joan@') }],
      ...[{ ...signUp, code: signUp.code.replace('jane@', 'joan@') }, mistyped],
    ]);
    assert.equal(first?.trim(), 'joan@example.com');
    assert.equal(
      second?.trim(),
      'stderr: E-mail address already in use: An account with this e-mail address already exists.',
    );
    assert.match(third?.trim() ?? '', /^stderr: [^\n:]+: [^\n]+\.$/);
  });
});
