import { openWebhookBody } from '../whatsapp/events.ts';
import { canonicalIdOf } from './persons.ts';

/**
 * The body without the items that name one of these persons; null if nothing is left, or if it is not JSON. `ids` are
 * canonical (`canonicalIdOf`). Removes the smallest element of a list that names the person outside of its own lists.
 */
export function redactBody(body: string, ids: ReadonlySet<string>): string | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  const rest = withoutElements(json, ids);
  if (isAbout(rest, ids)) return null;
  const text = JSON.stringify(rest);
  return openWebhookBody(text).length === 0 ? null : text;
}

/** The value without the elements of lists, at any depth, that name one of the persons. */
function withoutElements(value: unknown, ids: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) {
    return value.map((element) => withoutElements(element, ids)).filter((element) => !isAbout(element, ids));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutElements(inner, ids)]));
}

/** Whether the value names one of the persons outside of its lists. */
function isAbout(value: unknown, ids: ReadonlySet<string>): boolean {
  if (typeof value === 'string') return ids.has(canonicalIdOf(value));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).some((inner) => isAbout(inner, ids));
}
