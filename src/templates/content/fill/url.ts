import type { Issue } from '../../../platform/errors.ts';
import { placeholder } from '../variables.ts';
import { singleLineIssues } from './text.ts';

/**
 * Problems of the value at the end of a button's URL. The link must lead where the template says: the value continues
 * its path or query, and cannot name another site or climb out of the path.
 */
export function suffixIssues(path: string, value: unknown, url: string): Issue[] {
  const issues = singleLineIssues(path, value);
  if (issues.length > 0 || typeof value !== 'string') return issues;
  const message = faultOfSuffix(value, url);
  return message === undefined ? [] : [{ path, message }];
}

function faultOfSuffix(suffix: string, url: string): string | undefined {
  if (/\s/u.test(suffix)) return 'The end of a URL may contain no spaces; write them as %20.';
  const filled = url.replace(placeholder, () => suffix);
  const stem = url.replace(placeholder, '');
  // A value of a query (…?to={{1}}) may be an encoded address; anywhere else a scheme starts another URL.
  if (!stem.includes('?') && /^(?:[a-z][a-z0-9+.-]*:)?[\\/]{2}/i.test(suffix))
    return `Give only the end of the URL, which begins with ${stem}.`;
  if (!URL.canParse(filled)) return 'The URL with this end is not valid.';
  const [whole, start] = [new URL(filled), new URL(stem)];
  if (whole.origin !== start.origin || whole.username !== start.username)
    return 'The end of a URL may not change its site.';
  const folder = start.pathname.slice(0, start.pathname.lastIndexOf('/') + 1);
  return whole.pathname.startsWith(folder) ? undefined : 'The end of a URL may not leave its path with “..”.';
}
