import { lookup } from 'node:dns/promises';
import { createServer, type AddressInfo } from 'node:net';
import { bracketed } from './listen.ts';
import type { Logger } from './logger.ts';
import type { MetricsPage } from './metrics.ts';

/** Where the Temporal SDK serves its own metrics. It has no other way out of its native code. */
export interface SdkMetricsAddress {
  readonly host: string;
  readonly port: number;
}

const loopback = '127.0.0.1';

/** The address that was asked for, as the SDK takes it: without a name. Without a port, a free one that only this host reaches. */
export async function chooseSdkMetricsAddress(host: string, port: number): Promise<SdkMetricsAddress> {
  if (port === 0) return { host: loopback, port: await findFreePort() };
  return { host: (await lookup(host)).address, port };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, loopback, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const bindAddressOf = ({ host, port }: SdkMetricsAddress): string => `${bracketed(host)}:${port}`;

/** A server that listens on all addresses is called on its loopback. */
const callAddressOf = ({ host, port }: SdkMetricsAddress): string => {
  if (host === '0.0.0.0') return bindAddressOf({ host: loopback, port });
  return bindAddressOf({ host: host === '::' ? '::1' : host, port });
};

const maxWaitMs = 2_000;

/**
 * The page with the SDK's own metrics below, so that one scrape of the process has both. Without an answer of the SDK the
 * page has its own part alone, and the log says so.
 */
export const joinSdkMetrics = (
  page: MetricsPage,
  address: SdkMetricsAddress,
  logger: Pick<Logger, 'warn'>,
): MetricsPage => ({
  contentType: page.contentType,
  async render() {
    const [own, ofSdk] = await Promise.all([
      page.render(),
      readPage(address).catch((error: unknown) => {
        logger.warn({ error }, 'the metrics of the Temporal SDK could not be read');
        return '';
      }),
    ]);
    return `${own.trimEnd()}\n${ofSdk}`;
  },
});

async function readPage(address: SdkMetricsAddress): Promise<string> {
  const response = await fetch(`http://${callAddressOf(address)}/metrics`, {
    signal: AbortSignal.timeout(maxWaitMs),
  });
  if (!response.ok) throw new Error(`the Temporal SDK answered ${response.status}`);
  return response.text();
}
