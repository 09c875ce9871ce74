import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { AppError } from '../platform/errors.ts';
import { pageStyles } from './page-styles.ts';
import { htmlPage, type PageRoute } from './page.ts';

const { resolve } = createRequire(import.meta.url);

/** The docs page loads files only from this process, so it works offline and under a strict CSP. */
const swaggerFiles: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
};

const startScript = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
window.addEventListener('load', () => {
  const specification = new URL('../openapi.json', document.getElementById('start').src).href;
  window.ui = SwaggerUIBundle({
    url: specification,
    dom_id: '#swagger-ui',
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
});
`;

const pageOf = (title: string) =>
  htmlPage(
    `${title} API`,
    `<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script id="start" src="docs/start.js"></script>`,
    `<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">`,
  );

const fileCaching = 'public, max-age=3600';

/** `/docs`: the OpenAPI document in Swagger UI. */
export function docsPages(title: string): readonly PageRoute[] {
  const page = pageOf(title);
  const cached = new Map<string, Promise<Buffer>>();
  const fileOf = (name: string): Promise<Buffer> => {
    const existing = cached.get(name);
    if (existing !== undefined) return existing;
    const reading = readFile(resolve(`swagger-ui-dist/${name}`));
    cached.set(name, reading);
    return reading;
  };
  return [
    {
      path: '/docs',
      operationId: 'getDocsPage',
      summary: 'Get the API documentation as a page',
      description: 'An interactive view of `/openapi.json`. It loads nothing from other servers.',
      tag: 'Documentation',
      contentType: 'text/html',
      example: '<!doctype html>…',
      handle: async () => ({ body: page }),
    },
    {
      path: '/docs/:file',
      operationId: 'getDocsFile',
      summary: 'Get a file of the documentation page',
      description: 'Scripts and styles of `/docs`.',
      parameters: { file: 'The name of the file' },
      tag: 'Documentation',
      contentType: 'text/javascript',
      example: 'window.addEventListener(…)',
      handle: async ({ file = '' }) => {
        if (file === 'pages.css')
          return { body: pageStyles, contentType: 'text/css', cacheControl: fileCaching };
        if (file === 'start.js') return { body: startScript, cacheControl: fileCaching };
        const contentType = Object.hasOwn(swaggerFiles, file) ? swaggerFiles[file] : undefined;
        if (contentType === undefined) throw new AppError('not-found', 'There is no such file.');
        return { body: await fileOf(file), contentType, cacheControl: fileCaching };
      },
    },
  ];
}
