import { median } from '../stats.ts';
import { runClosedLoop, type ClosedLoop } from './closed-loop.ts';
import { openConnection } from './http-connections.ts';
import { expectEqual } from './verify.ts';

/** One page of one list on one server. */
export interface PageTarget {
  readonly url: string;
  readonly path: string;
  readonly authorization: string | null;
  /** The expected ids in order: those of the tenant only. */
  readonly expectedIds: readonly string[];
}

/** A page whose answer was verified once; measured answers must be identical to it, byte for byte. */
export interface CheckedPage {
  readonly url: string;
  readonly request: Buffer;
  readonly body: string;
}

interface PageBody {
  readonly items: readonly { readonly id?: string; readonly _id?: string }[];
}

/** Requests the page once and throws unless it has exactly the expected items in order. */
export async function checkPage({ expectedIds, ...target }: PageTarget): Promise<CheckedPage> {
  const page = await capturePage(target);
  const ids = (JSON.parse(page.body) as PageBody).items.map(({ id, _id }) => id ?? _id);
  expectEqual(`items of ${target.path}`, ids.length, expectedIds.length);
  const misplaced = ids.filter((id, index) => id !== expectedIds[index]);
  expectEqual(`items of ${target.path} in the wrong place`, misplaced.length, 0);
  return page;
}

type AnswerTarget = Omit<PageTarget, 'expectedIds'>;

/** Requests a page whose items nobody knows beforehand; throws unless it has some. */
export async function capturePage(target: AnswerTarget): Promise<CheckedPage> {
  const page = await captureAnswer(target);
  if ((JSON.parse(page.body) as PageBody).items.length === 0) throw new Error(`${target.path} is empty`);
  return page;
}

/** The path of the page with this number, found by following the cursors from the first one; the last one if there are fewer. */
export async function pathOfPage(target: AnswerTarget, number: number): Promise<string> {
  let { path } = target;
  for (let index = 1; index < number; index += 1) {
    const { body } = await captureAnswer({ ...target, path });
    const { nextCursor } = JSON.parse(body) as { readonly nextCursor: string | null };
    if (nextCursor === null) return path;
    path = `${target.path}&cursor=${encodeURIComponent(nextCursor)}`;
  }
  return path;
}

/** Requests an answer whose body nobody knows beforehand. */
export async function captureAnswer({ url, path, authorization }: AnswerTarget): Promise<CheckedPage> {
  const token = authorization === null ? '' : `Authorization: ${authorization}\r\n`;
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: bench\r\n${token}\r\n`);
  const connection = await openConnection(url);
  try {
    const { status, body } = await connection.send(request);
    if (status !== 200) throw new Error(`${path} answers ${status}: ${body.slice(0, 500)}`);
    return { url, request, body };
  } finally {
    connection.close();
  }
}

/** Requests the page repeatedly; returns the seconds it took. Throws if an answer differs. */
export const readClosedLoop = (
  { url, request, body }: CheckedPage,
  { count, connections }: Pick<ClosedLoop, 'count' | 'connections'>,
): Promise<number> =>
  runClosedLoop({ url, count, connections }, async (connection) => {
    const answer = await connection.send(request);
    if (answer.status !== 200 || answer.body !== body)
      throw new Error(`an answer (${answer.status}) differs from the verified page`);
  });

/** The median time of a request to an otherwise idle server, for several pages of one server. */
export const measureAloneMs = async (pages: readonly CheckedPage[], count: number): Promise<number[]> =>
  (await timeAlone(pages, count)).map(median);

/**
 * The times of single requests to an otherwise idle server, in milliseconds for each page. The pages alternate by request, so
 * that other load on the machine affects all of them.
 */
export async function timeAlone(pages: readonly CheckedPage[], count: number): Promise<number[][]> {
  const url = pages[0]?.url ?? '';
  const timed = pages.map((page) => ({ page, times: [] as number[] }));
  await runClosedLoop({ url, count, connections: 1 }, async (connection) => {
    for (const { page, times } of timed) {
      const startedAt = performance.now();
      const { body } = await connection.send(page.request);
      times.push(performance.now() - startedAt);
      if (body !== page.body) throw new Error('an answer differs from the verified page');
    }
  });
  return timed.map(({ times }) => times);
}
