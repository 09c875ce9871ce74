import { z } from 'zod';
import { footer, headerText, line, shortBody } from './fields.ts';
import { maxProducts, productIssues } from './rules.ts';

/** Messages that show products of a catalog. Source of the limits: Meta's guides to sharing products. */

const catalogId = z
  .string()
  .regex(/^\d{1,32}$/, { error: 'Must be digits.' })
  .meta({ description: 'The catalog that is connected to the account of the number' });

const productId = line(256).meta({ description: 'The retailer’s id of the product in the catalog' });

export const CatalogContent = z
  .strictObject({
    type: z.literal('catalog'),
    body: shortBody,
    footer,
    thumbnailProductId: productId.optional().meta({
      description: 'The product whose image is shown; the first of the catalog if not given',
    }),
  })
  .meta({ id: 'CatalogContentInput' });

export const ProductContent = z
  .strictObject({ type: z.literal('product'), body: shortBody.optional(), footer, catalogId, productId })
  .meta({ id: 'ProductContentInput' });

const Section = z
  .strictObject({
    title: line(24).optional().meta({ description: 'Required if there are several sections' }),
    productIds: z.array(productId).min(1).max(maxProducts),
  })
  .meta({ id: 'ProductSectionInput' });

const Sections = z
  .array(Section)
  .min(1)
  .max(10)
  .superRefine((sections, context) => {
    for (const { path, message } of productIssues(sections))
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .meta({ description: `At most ${maxProducts} products in total` });

export const ProductListContent = z
  .strictObject({
    type: z.literal('productList'),
    header: headerText.meta({ description: 'Text only' }),
    body: shortBody,
    footer,
    catalogId,
    sections: Sections,
  })
  .meta({ id: 'ProductListContentInput' });
