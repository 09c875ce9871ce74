import sharp from 'sharp';

/** A real picture of this size. */
export const makeJpeg = (width = 640, height = 480): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#2a7' } })
    .jpeg()
    .toBuffer();

export interface FileAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** Downloads the whole answer as bytes. */
export async function download(
  url: string,
  { token, headers = {} }: { token?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<FileAnswer> {
  const answer = await fetch(url, {
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
  return {
    status: answer.status,
    headers: answer.headers,
    bytes: Buffer.from(await answer.arrayBuffer()),
  };
}
