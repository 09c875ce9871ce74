import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { SMTPServer } from 'smtp-server';
import { pageStyles } from '../../src/http/page-styles.ts';
import { listenOn } from '../../src/platform/listen.ts';
import { mailPage } from './page.ts';
import { openMailStore, type MailStore } from './store.ts';

export interface MailCatcher {
  /** For SMTP_URL. */
  readonly smtpUrl: string;
  /** The page that shows the mails. */
  readonly pageUrl: string;
  stop(): Promise<void>;
}

interface MailCatcherOptions {
  /** 0 for any free port. */
  readonly smtpPort: number;
  readonly pagePort: number;
  readonly folder: string;
  readonly onMail?: (to: readonly string[], subject: string) => void;
}

const host = '127.0.0.1';
const maxBytes = 5 * 1024 * 1024;

/**
 * A mail server for development: accepts every mail, delivers none, and shows them all. It belongs to `npm start` and
 * is not part of the product, so a production process cannot have such a page.
 */
export async function startMailCatcher(options: MailCatcherOptions): Promise<MailCatcher> {
  const store = await openMailStore(options.folder);
  const smtp = createSmtpServer(store, options);
  const page = createServer((request, response) => {
    answer(store, request, response).catch(() => response.writeHead(500).end());
  });
  // A sender that disconnects must not end the stack.
  smtp.on('error', () => undefined);
  const receiving = once(smtp.server, 'listening');
  smtp.listen(options.smtpPort, host);
  await receiving;
  const listening = await listenOn(page, options.pagePort, 'localhost').catch((error: unknown) => {
    smtp.close();
    throw error;
  });
  return {
    smtpUrl: `smtp://${host}:${portOf(smtp.server)}`,
    pageUrl: `http://localhost:${listening.port}/dev/mails`,
    async stop() {
      await listening.close();
      await new Promise<void>((resolve) => smtp.close(resolve));
    },
  };
}

const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

const createSmtpServer = (store: MailStore, { onMail }: MailCatcherOptions): SMTPServer =>
  new SMTPServer({
    banner: 'development mail catcher',
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: maxBytes,
    logger: false,
    onData(stream, { envelope }, callback) {
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
      const to = envelope.rcptTo.map(({ address }) => address);
      const take = async (): Promise<void> => {
        try {
          const { subject } = await store.add({ from, to, raw: await readAll(stream) });
          onMail?.(to, subject);
          callback();
        } catch (error) {
          callback(error instanceof Error ? error : new Error(String(error)));
        }
      };
      void take();
    },
  });

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function answer(store: MailStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, contentType: string, body: string): void => {
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Security-Policy': "default-src 'none'; style-src 'self'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    });
    response.end(body);
  };
  // Guards against DNS rebinding: a foreign page whose name resolves to this address must not read the links.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
    return send(403, 'text/plain', 'Only for this computer.\n');
  if (request.url === '/dev/pages.css') return send(200, 'text/css', pageStyles);
  if (request.url === '/dev/mails.json')
    return send(200, 'application/json', JSON.stringify({ items: await store.list() }));
  if (request.url === '/dev/mails' || request.url === '/')
    return send(200, 'text/html; charset=utf-8', mailPage(await store.list()));
  return send(404, 'text/plain', 'See /dev/mails.\n');
}
