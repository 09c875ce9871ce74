import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { defaultStartWords, defaultStopWords } from '../../src/consent/words/rules.ts';

/** Texts that people act on; what they say is tested where it is made. */
const promises: readonly {
  readonly what: string;
  readonly file: string;
  readonly says: readonly RegExp[];
}[] = [
  {
    what: 'a frontend › both ways to deploy it, its cookie and the pages that mails link to',
    file: 'README.md',
    says: [
      /two ways to deploy/,
      /\*\*One origin\.\*\*/,
      /\*\*Two names of one domain\.\*\*/,
      /CORS_ORIGINS=/,
      /SameSite=Lax/,
      /\/confirm-email`, `\/accept-invitation`, `\/reset-password`, `\/confirm-email-change` and\n`\/reject-email-change/,
    ],
  },
  {
    what: 'the end of a window › that it is a minute before WhatsApp’s',
    file: 'docs/openapi.json',
    says: [/23 hours and 59 minutes after the latest one/],
  },
  {
    what: 'contacts by consent › whom the filter does not list',
    file: 'docs/openapi.json',
    says: [/`opted-out` does not list contacts who stopped marketing only \(`marketingStopped`\)/],
  },
  {
    what: 'tools of the night shift › which to bring',
    file: 'docs/runbooks/README.md',
    says: [/\| tool +\| for/, /kubectl/, /curl/, /mongosh/, /temporal/],
  },
  {
    what: 'limits of a task queue › only with --output json',
    file: 'docs/runbooks/messages-stuck-in-queued.md',
    says: [/Without `--output json` the command shows no limits/],
  },
];

describe('texts that people act on', () => {
  for (const { what, file, says } of promises)
    it(what, () => {
      const text = readFileSync(join(rootDir, file), 'utf8');
      for (const pattern of says) assert.match(text, pattern);
    });

  it('STOP and START › in as many languages as README says', () => {
    const inWords = new Map([
      [10, 'ten'],
      [11, 'eleven'],
      [12, 'twelve'],
      [13, 'thirteen'],
    ]);
    const count = Object.keys(defaultStopWords).length;
    assert.deepEqual(Object.keys(defaultStartWords), Object.keys(defaultStopWords));
    const readme = readFileSync(join(rootDir, 'README.md'), 'utf8');
    assert.ok(readme.includes(`STOP and START in ${inWords.get(count)} languages`), String(count));
  });
});
