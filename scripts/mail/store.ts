import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { writeFileAtomically } from '../stack/files.ts';
import { type CaughtMail, readMail } from './message.ts';

/** Older mails are removed when a new one arrives. */
const maxKept = 200;

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: Buffer;
}

export interface MailStore {
  add(envelope: Envelope): Promise<CaughtMail>;
  /** Newest first. */
  list(): Promise<readonly CaughtMail[]>;
}

/** One JSON file per mail, readable by its owner only, because the links in it set passwords. */
export async function openMailStore(folder: string): Promise<MailStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const namesNewestFirst = async () =>
    (await readdir(folder))
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .toReversed();
  let lastTime = 0;
  return {
    async add({ from, to, raw }) {
      // Names sort by time, even for two mails in one millisecond.
      lastTime = Math.max(Date.now(), lastTime + 1);
      const id = `${lastTime}-${randomBytes(4).toString('hex')}`;
      const mail = { id, at: new Date(lastTime).toISOString(), from, to, ...readMail(raw) };
      writeFileAtomically(join(folder, `${id}.json`), `${JSON.stringify(mail, null, 2)}\n`, 0o600);
      const tooOld = (await namesNewestFirst()).slice(maxKept);
      await Promise.all(tooOld.map((name) => rm(join(folder, name), { force: true })));
      return mail;
    },
    async list() {
      const texts = (await namesNewestFirst()).map((name) => readFile(join(folder, name), 'utf8'));
      return (await Promise.all(texts)).map((text) => JSON.parse(text) as CaughtMail);
    },
  };
}
