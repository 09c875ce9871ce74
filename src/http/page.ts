/** A page for people, or a file that such a page needs: public and GET only. */
export interface PageRoute {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** Of the parameters of the path, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tag: string;
  readonly contentType: string;
  /** The JSON Schema of the body; a text if not given. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly example: unknown;
  handle(params: Readonly<Record<string, string>>): Promise<PageReply>;
}

export interface PageReply {
  readonly status?: number;
  readonly body: string | Buffer;
  /** When the route serves files of several kinds. */
  readonly contentType?: string;
  readonly cacheControl?: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

/** A whole HTML document around `body` and `head`, which must be escaped already. */
export const htmlPage = (title: string, body: string, head = ''): string =>
  `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>${head}</head>
<body>
${body}
</body>
</html>
`;
