import { z } from 'zod';
import type { InboundReferral } from '../../whatsapp/inbound/types.ts';

/** The advertisement or post whose button began a conversation. */
export interface AdReferral {
  /** When the contact wrote, by the provider's clock. */
  readonly at: Date;
  /** `ad` or `post`. */
  readonly sourceType?: string;
  readonly sourceId?: string;
  readonly sourceUrl?: string;
  readonly headline?: string;
  /** Meta's id of the click (`ctwa_clid`), for reports of conversions. */
  readonly clickId?: string;
}

/** The part that conversations and leads keep; the message keeps all of it. */
export function adReferralOf(referral: InboundReferral, at: Date): AdReferral {
  const { sourceType, sourceId, sourceUrl, headline, clickId } = referral;
  return {
    at,
    ...(sourceType === undefined ? {} : { sourceType }),
    ...(sourceId === undefined ? {} : { sourceId }),
    ...(sourceUrl === undefined ? {} : { sourceUrl }),
    ...(headline === undefined ? {} : { headline }),
    ...(clickId === undefined ? {} : { clickId }),
  };
}

export const AdReferralView = z
  .object({
    at: z.iso.datetime().meta({ description: 'When the contact wrote' }),
    sourceType: z.string().nullable().meta({ description: '`ad` or `post`' }),
    sourceId: z.string().nullable(),
    sourceUrl: z.string().nullable(),
    headline: z.string().nullable(),
    clickId: z.string().nullable().meta({ description: 'The id of the click at Meta (`ctwa_clid`)' }),
  })
  .meta({ id: 'AdReferral' });

/** Null if there is none. */
export const toAdReferralView = (referral: AdReferral | undefined): z.input<typeof AdReferralView> | null =>
  referral === undefined
    ? null
    : {
        at: referral.at.toISOString(),
        sourceType: referral.sourceType ?? null,
        sourceId: referral.sourceId ?? null,
        sourceUrl: referral.sourceUrl ?? null,
        headline: referral.headline ?? null,
        clickId: referral.clickId ?? null,
      };
