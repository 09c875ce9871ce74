import { z } from 'zod';
import { addressFields, type AddressField } from '../address.ts';

/** Interactive messages for display. */

export const text = z.string().nullable();

export const file = {
  id: text.meta({ description: 'The id of the file at the provider' }),
  link: text.meta({ description: 'Where WhatsApp downloaded it' }),
  filename: text,
};

const Header = z
  .object({ type: z.enum(['text', 'image', 'video', 'document']), text, ...file })
  .meta({ id: 'MessageHeader', description: 'A text, or a file' });

const parts = { header: Header.nullable(), body: z.string(), footer: text };

const Choice = z.object({ id: z.string(), title: z.string() }).meta({ id: 'ReplyButton' });

const Row = z.object({ id: z.string(), title: z.string(), description: text }).meta({ id: 'ListRow' });

const Section = z.object({ title: text, rows: z.array(Row) }).meta({ id: 'ListSection' });

const AddressFields = z
  .object(
    Object.fromEntries(Object.keys(addressFields).map((field) => [field, text])) as Record<
      AddressField,
      typeof text
    >,
  )
  .meta({ id: 'AddressFields' });

const SavedAddress = z.object({ id: z.string(), values: AddressFields }).meta({ id: 'SavedAddress' });

const ProductSection = z
  .object({ title: text, productIds: z.array(z.string()) })
  .meta({ id: 'ProductSection' });

export const Interactive = z
  .discriminatedUnion('type', [
    z
      .object({ type: z.literal('buttons'), ...parts, buttons: z.array(Choice) })
      .meta({ id: 'InteractiveButtons' }),
    z
      .object({ type: z.literal('list'), ...parts, buttonText: z.string(), sections: z.array(Section) })
      .meta({ id: 'InteractiveList' }),
    z
      .object({ type: z.literal('ctaUrl'), ...parts, displayText: z.string(), url: z.string() })
      .meta({ id: 'InteractiveLink' }),
    z
      .object({ type: z.literal('flow'), ...parts, flowId: text, flowName: text, flowCta: z.string() })
      .meta({ id: 'InteractiveFlow' }),
    z.object({ type: z.literal('locationRequest'), ...parts }).meta({ id: 'InteractiveLocationRequest' }),
    z
      .object({ type: z.literal('contactInfoRequest'), ...parts })
      .meta({ id: 'InteractiveContactInfoRequest' }),
    z
      .object({
        type: z.literal('addressRequest'),
        ...parts,
        country: z.string(),
        values: AddressFields.nullable(),
        savedAddresses: z.array(SavedAddress),
        fieldErrors: AddressFields.nullable(),
      })
      .meta({ id: 'InteractiveAddressRequest' }),
    z
      .object({ type: z.literal('catalog'), ...parts, thumbnailProductId: text })
      .meta({ id: 'InteractiveCatalog' }),
    z
      .object({
        ...{ type: z.literal('product'), ...parts, body: text },
        ...{ catalogId: z.string(), productId: z.string() },
      })
      .meta({ id: 'InteractiveProduct' }),
    z
      .object({
        ...{ type: z.literal('productList'), ...parts },
        ...{ catalogId: z.string(), sections: z.array(ProductSection) },
      })
      .meta({ id: 'InteractiveProductList' }),
  ])
  .meta({ id: 'Interactive' });
export type Interactive = z.input<typeof Interactive>;
