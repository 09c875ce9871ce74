import { defined, type FieldReader, type Fields } from './fields.ts';
import type { CatalogProduct, InboundContent, InboundOrder, InboundReferral } from './types.ts';

export function readOrder(read: FieldReader, message: Fields): InboundContent {
  const given = read.object(message, 'order');
  if (given === undefined) return {};
  const order: InboundOrder = {
    ...defined({ catalogId: read.id(given, 'catalog_id'), note: read.text(given, 'text') }),
    items: read.objects(given, 'product_items').map((item) =>
      defined({
        productId: read.id(item, 'product_retailer_id'),
        quantity: read.number(item, 'quantity'),
        price: read.number(item, 'item_price'),
        currency: read.text(item, 'currency'),
      }),
    ),
  };
  return Object.keys(order).length === 1 && order.items.length === 0 ? {} : { text: orderText(order), order };
}

/** For lists: the number of items and, if all have one currency, their price. */
function orderText({ items, note }: InboundOrder): string {
  const count = items.reduce((sum, { quantity = 1 }) => sum + quantity, 0);
  const currencies = new Set(items.map(({ currency }) => currency));
  const [currency] = currencies;
  const total = items.reduce((sum, { price = Number.NaN, quantity = 1 }) => sum + price * quantity, 0);
  const parts = [`${count} ${count === 1 ? 'item' : 'items'}`];
  if (currencies.size === 1 && currency !== undefined && Number.isFinite(total))
    parts.push(`${Number(total.toFixed(2))} ${currency}`);
  return note === undefined ? parts.join(', ') : `${parts.join(', ')}: ${note}`;
}

/** The advertisement or post that the contact came from. */
export function readReferral(read: FieldReader, message: Fields): InboundReferral | undefined {
  const given = read.object(message, 'referral');
  if (given === undefined) return undefined;
  const welcome = read.object(given, 'welcome_message');
  const referral = defined({
    sourceUrl: read.text(given, 'source_url'),
    sourceId: read.id(given, 'source_id'),
    sourceType: read.text(given, 'source_type'),
    headline: read.text(given, 'headline'),
    body: read.text(given, 'body'),
    mediaType: read.text(given, 'media_type'),
    imageUrl: read.text(given, 'image_url'),
    videoUrl: read.text(given, 'video_url'),
    thumbnailUrl: read.text(given, 'thumbnail_url'),
    clickId: read.text(given, 'ctwa_clid'),
    welcomeText: welcome === undefined ? read.text(given, 'welcome_message') : read.text(welcome, 'text'),
  });
  return Object.keys(referral).length === 0 ? undefined : referral;
}

/** The product that the contact asks about. */
export function readProduct(read: FieldReader, context: Fields): CatalogProduct | undefined {
  const given = read.object(context, 'referred_product');
  if (given === undefined) return undefined;
  const product = defined({
    catalogId: read.id(given, 'catalog_id'),
    productId: read.id(given, 'product_retailer_id'),
  });
  return Object.keys(product).length === 0 ? undefined : product;
}
