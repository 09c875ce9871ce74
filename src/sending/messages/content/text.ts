import type { Content, InteractiveContent } from './schemas.ts';

/** What a person reads of a message, for lists and searches; null when there are no words in it. Pure. */
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

/** A place by its name and address, else by its position. */
function placeText(place: {
  latitude: number;
  longitude: number;
  name?: string | undefined;
  address?: string | undefined;
}): string {
  const words = [place.name, place.address].filter((word) => word !== undefined);
  return words.length > 0 ? words.join(', ') : `${place.latitude}, ${place.longitude}`;
}

/** Header, body and footer, each on a line of its own, as those of templates. */
function linesOf({ header, body, footer }: InteractiveContent): string {
  const heading = typeof header === 'string' ? header : header?.type === 'text' ? header.text : undefined;
  return [heading, body, footer].filter((part) => part !== undefined).join('\n');
}
