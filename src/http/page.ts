/** A page, or a file that a page loads: public and GET only. */
export interface PageRoute {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** Descriptions of the path parameters, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tag: string;
  readonly contentType: string;
  /** The JSON Schema of the body; a string by default. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly example: unknown;
  handle(params: Readonly<Record<string, string>>): Promise<PageReply>;
}

export interface PageReply {
  readonly status?: number;
  readonly body: string | Buffer;
  /** Replaces the route's content type. */
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

/** A complete HTML document. `body` and `head` must be escaped already. */
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
