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

/** The shell blocks of a page, from a heading on, each with the plain block that follows it. */
function blocksOf(markdown: string, from: string, to?: string): Block[] {
  const begin = markdown.indexOf(from);
  assert.ok(begin >= 0, from);
  const part = markdown.slice(begin, to === undefined ? undefined : markdown.indexOf(to, begin));
  const fences = [...part.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({
    kind,
    text,
  }));
  return fences.flatMap(({ kind, text }, place) => {
    const next = fences[place + 1];
    return kind === 'sh' ? [{ code: text, shown: next?.kind === '' ? next.text : null }] : [];
  });
}

/** Times and ids differ each time. */
const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b[0-9a-f]{24}\b/g, '<id>')
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

  it('README, people and conversations, waiting and retrying › each block › prints what the page shows', async () => {
    const read = (page: string) => readFile(join(rootDir, page), 'utf8');
    const blocks = [
      ...blocksOf(await read('README.md'), '## One message, step by step', '## Your frontend'),
      ...blocksOf(await read('docs/walks/people-and-conversations.md'), '# Walk'),
      ...blocksOf(await read('docs/walks/waiting-and-retrying.md'), '# Walk'),
    ];
    assert.ok(blocks.length > 15);
    const variables = [...product.screen.matchAll(/^ +((?:API|SANDBOX|MAILS)=\S+)$/gm)].map(
      ([, line]) => line,
    );
    assert.equal(variables.length, 3);
    const printed = await typeInto(folder, variables.join('\n'), blocks);
    for (const [place, { code, shown }] of blocks.entries()) {
      const said = printed[place] ?? '';
      if (shown === null) assert.doesNotMatch(said, /stderr|"code":|undefined/, code);
      else assert.equal(masked(said), masked(shown), code);
    }
    assert.deepEqual(await readdir(folder), [], 'nothing is written where the reader works');
  });
});
