import { declarePlatformModel } from '../../platform/declare-model.ts';
import type { UnknownWord } from '../../whatsapp/known-words.ts';

/** A name in webhook bodies that the product does not know. */
export interface UnknownWordDoc {
  /** `kind:word`. */
  readonly _id: string;
  readonly kind: UnknownWord['kind'];
  readonly word: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

/** About three months without the word. */
export const keptSeconds = 92 * 24 * 60 * 60;

export const unknownWordModel = declarePlatformModel<UnknownWordDoc>('unknown_webhook_words', {
  kind: { type: String, required: true },
  word: { type: String, required: true },
  firstSeenAt: { type: Date, required: true },
  lastSeenAt: { type: Date, required: true },
});

unknownWordModel.schema.index({ lastSeenAt: 1 }, { name: 'expiry', expireAfterSeconds: keptSeconds });
