import { type Recorded, writtenTo } from '../../audit/written.ts';
import type { NewEvent } from '../../events/declare.ts';
import type { ContactRecord } from './store/repository.ts';

/** The live event of a write. */
export function contactEventOf(written: Recorded<ContactRecord>): NewEvent {
  const { verb, doc, version } = writtenTo(written);
  return {
    type: `contact.${verb}`,
    entity: { type: 'contact', id: doc._id },
    version,
    view: {
      optInStatus: doc.optInStatus,
      isBlocked: doc.isBlocked === true,
      marketingStopped: doc.marketingStopped === true,
    },
  };
}
