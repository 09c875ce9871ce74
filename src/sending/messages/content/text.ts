import type { Header } from './interactive-schemas.ts';
import type { Content } from './schemas.ts';

/** The readable text of a message, for lists and searches; null if it has none. Pure. */
export function readableText(content: Content): string | null {
  switch (content.type) {
    case 'text':
      return content.body;
    case 'image':
    case 'video':
      return content.caption ?? null;
    case 'document':
      return content.caption ?? content.filename ?? null;
    case 'audio':
    case 'sticker':
      return null;
    case 'location':
      return placeText(content);
    case 'contacts':
      return content.contacts.map(({ name }) => name.formattedName).join(', ');
    case 'reaction':
      return content.emoji;
    default:
      return linesOf(content);
  }
}

/** Name and address, or else the coordinates. */
function placeText(place: {
  latitude: number;
  longitude: number;
  name?: string | undefined;
  address?: string | undefined;
}): string {
  const parts = [place.name, place.address].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(', ') : `${place.latitude}, ${place.longitude}`;
}

interface Lines {
  readonly header?: Header | string | undefined;
  readonly body?: string | undefined;
  readonly footer?: string | undefined;
}

/** Header, body and footer on lines of their own, like template texts; null if there is none. */
function linesOf({ header, body, footer }: Lines): string | null {
  const heading = typeof header === 'string' ? header : header?.type === 'text' ? header.text : undefined;
  const lines = [heading, body, footer].filter((part) => part !== undefined);
  return lines.length === 0 ? null : lines.join('\n');
}
