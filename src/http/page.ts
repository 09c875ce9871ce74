/** What the server needs of a page, or of a file that a page loads: public and GET only. */
export interface ServedPage {
  readonly path: string;
  readonly contentType: string;
  handle(params: Readonly<Record<string, string>>): Promise<PageReply>;
}

/** A page that the API description names. */
export interface PageRoute extends ServedPage {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** Descriptions of the path parameters, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tag: string;
  /** The JSON Schema of the body; a string by default. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly example: unknown;
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

/** Escapes the text and shows what is between backticks as code. */
export const richText = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

/** Loads our style; `root` leads from the page to the root of the server. */
export const styleLink = (root: string): string => `<link rel="stylesheet" href="${root}docs/pages.css">`;

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
