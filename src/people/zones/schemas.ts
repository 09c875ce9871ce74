import { z } from 'zod';
import { TimeZoneText } from '../../platform/text-fields.ts';
import { isPlaceZone } from '../../platform/zones.ts';
import { zoneSources } from './recipient-zone.ts';

export const PlaceZoneText = TimeZoneText.refine(isPlaceZone, {
  error: 'Must be the zone of a place, such as Europe/Berlin.',
}).meta({ description: 'The time zone of the contact, where you know it better than their number tells' });

export const RecipientZoneView = z
  .object({
    zone: z.string().meta({ description: 'An IANA time zone' }),
    source: z.enum(zoneSources).meta({
      description:
        '`contact`: as given in `timezone`. `number`: all places that the number may belong to show the same time now. ' +
        '`country`: their clocks differ by two hours at most, and this is the largest. `client`: nothing tells it, so it is ' +
        'the zone of your business',
    }),
  })
  .meta({ id: 'RecipientZone', description: 'Where the contact looks at the clock now, and what told it' });
