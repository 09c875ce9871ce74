import type { CaughtMail } from './message.ts';

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Escapes the text and turns web addresses into links. */
const withLinks = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, index) =>
      index % 2 === 1
        ? `<a href="${escapeHtml(part)}" rel="noreferrer">${escapeHtml(part)}</a>`
        : escapeHtml(part),
    )
    .join('');

/** Every caught mail on one page. */
export function mailPage(mails: readonly CaughtMail[]): string {
  const articles = mails.map(
    ({ at, to, subject, text }) => `<article>
<h2>${escapeHtml(subject)}</h2>
<p>to ${escapeHtml(to.join(', '))} · ${escapeHtml(at)}</p>
<pre>${withLinks(text)}</pre>
</article>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Caught mails</title><link rel="stylesheet" href="/dev/pages.css"></head>
<body>
<h1>Caught mails</h1>
<p>What this development stack has mailed, the newest first. Nothing has left this computer.
The same as JSON: <a href="/dev/mails.json">/dev/mails.json</a></p>
${articles.join('\n')}${mails.length === 0 ? '<p>None yet.</p>' : ''}
</body></html>
`;
}
