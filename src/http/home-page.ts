import { escapeHtml, htmlPage, type ServedPage, styleLink } from './page.ts';

/** `/` in development: the ways on. In production, the root belongs to the frontend or to nobody. */
export const homePage = (title: string): ServedPage => ({
  path: '/',
  contentType: 'text/html',
  handle: async () => ({
    body: htmlPage(
      title,
      `<h1>${escapeHtml(title)}</h1>
<p>This is the API, running for development. It has no pages for people but these:</p>
<ul>
<li><a href="docs">API documentation</a>, to read and to try out</li>
<li><a href="problems">Problems</a>: what each error code means</li>
<li><a href="openapi.json">openapi.json</a>, for client generators</li>
<li><a href="readyz">readyz</a>: whether the API can take requests</li>
</ul>
<p>The Temporal UI, the caught mails and the sandbox have addresses of their own, which <code>npm start</code> prints.</p>`,
      styleLink(''),
    ),
  }),
});
