import { median } from '../stats.ts';
import { runClosedLoop, type ClosedLoop } from './closed-loop.ts';
import { openConnection } from './http-connections.ts';
import { expectEqual } from './verify.ts';

/** One page of one list on one server. */
export interface PageTarget {
  readonly url: string;
  readonly path: string;
  readonly authorization: string | null;
  /** The ids of the page in their order: those of the tenant, and of nobody else. */
  readonly expectedIds: readonly string[];
}

/** A page whose answer was looked at once; what is measured then has to be that answer, byte for byte. */
export interface CheckedPage {
  readonly url: string;
  readonly request: Buffer;
  readonly body: string;
}

interface PageBody {
  readonly items: readonly { readonly id?: string; readonly _id?: string }[];
}

/** Asks once and throws unless exactly the expected items come, in their order. */
export async function checkPage({ url, path, authorization, expectedIds }: PageTarget): Promise<CheckedPage> {
  const token = authorization === null ? '' : `Authorization: ${authorization}\r\n`;
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: bench\r\n${token}\r\n`);
  const connection = await openConnection(url);
  try {
    const { status, body } = await connection.send(request);
    if (status !== 200) throw new Error(`${path} answers ${status}: ${body.slice(0, 500)}`);
    const ids = (JSON.parse(body) as PageBody).items.map(({ id, _id }) => id ?? _id);
    expectEqual(`items of ${path}`, ids.length, expectedIds.length);
    const misplaced = ids.filter((id, index) => id !== expectedIds[index]);
    expectEqual(`items of ${path} that are not in their place`, misplaced.length, 0);
    return { url, request, body };
  } finally {
    connection.close();
  }
}

/** Asks for the page again and again; answers the seconds that it took. Throws when an answer differs. */
export const readClosedLoop = (
  { url, request, body }: CheckedPage,
  { count, connections }: Pick<ClosedLoop, 'count' | 'connections'>,
): Promise<number> =>
  runClosedLoop({ url, count, connections }, async (connection) => {
    const answer = await connection.send(request);
    if (answer.status !== 200 || answer.body !== body)
      throw new Error(`an answer with ${answer.status} is not the page that was checked`);
  });

/**
 * The median time of a request that has the server for itself, for each of several pages of one server. They take
 * turns request by request, so that what else the machine does meets them alike.
 */
export async function measureAloneMs(pages: readonly CheckedPage[], count: number): Promise<number[]> {
  const url = pages[0]?.url ?? '';
  const timed = pages.map((page) => ({ page, times: [] as number[] }));
  await runClosedLoop({ url, count, connections: 1 }, async (connection) => {
    for (const { page, times } of timed) {
      const startedAt = performance.now();
      const { body } = await connection.send(page.request);
      times.push(performance.now() - startedAt);
      if (body !== page.body) throw new Error('an answer is not the page that was checked');
    }
  });
  return timed.map(({ times }) => median(times));
}
