import assert from 'node:assert/strict';
import type {
  AddressAction,
  ButtonsAction,
  FlowAction,
  HeaderObject,
  InteractiveObject,
  ListAction,
  ProductListAction,
} from '../../../whatsapp/free-form.ts';
import { addressOf } from './address.ts';
import type { Header } from './interactive-schemas.ts';
import { defined, sourceOf } from './parts.ts';
import type { ContentOf, InteractiveContent } from './schemas.ts';

/** Meta's object of an interactive message. Pure. */
export function interactiveOf(content: InteractiveContent): InteractiveObject {
  if (content.type === 'product') return productOf(content);
  const parts = { ...framesOf(content), body: { text: content.body } };
  switch (content.type) {
    case 'buttons':
      return { type: 'button', ...parts, action: buttonsOf(content) };
    case 'list':
      return { type: 'list', ...parts, action: listOf(content) };
    case 'ctaUrl': {
      const parameters = { display_text: content.displayText, url: content.url };
      return { type: 'cta_url', ...parts, action: { name: 'cta_url', parameters } };
    }
    case 'flow':
      return { type: 'flow', ...parts, action: flowOf(content) };
    case 'locationRequest':
      return { type: 'location_request_message', ...parts, action: { name: 'send_location' } };
    case 'contactInfoRequest':
      return { type: 'request_contact_info', ...parts, action: { name: 'request_contact_info' } };
    case 'addressRequest':
      return { type: 'address_message', ...parts, action: addressActionOf(content) };
    case 'catalog': {
      const { thumbnailProductId: id } = content;
      const parameters = id === undefined ? {} : { parameters: { thumbnail_product_retailer_id: id } };
      return { type: 'catalog_message', ...parts, action: { name: 'catalog_message', ...parameters } };
    }
    case 'productList':
      return { type: 'product_list', ...parts, action: productListOf(content) };
  }
}

interface Frames {
  readonly type: string;
  readonly header?: Header | string | undefined;
  readonly footer?: string | undefined;
}

const framesOf = ({ header, footer }: Frames) => ({
  ...(header === undefined ? {} : { header: headerOf(header) }),
  ...(footer === undefined ? {} : { footer: { text: footer } }),
});

/** A string is the header of a list, which must be text. */
function headerOf(header: Header | string): HeaderObject {
  if (typeof header === 'string') return { type: 'text', text: header };
  switch (header.type) {
    case 'text':
      return { type: 'text', text: header.text };
    case 'image':
      return { type: 'image', image: sourceOf(header) };
    case 'video':
      return { type: 'video', video: sourceOf(header) };
    case 'document':
      return {
        type: 'document',
        document: { ...sourceOf(header), ...defined({ filename: header.filename }) },
      };
  }
}

const buttonsOf = ({ buttons }: ContentOf<'buttons'>): ButtonsAction => ({
  buttons: buttons.map(({ id, title }) => ({ type: 'reply', reply: { id, title } })),
});

const listOf = ({ buttonText, sections }: ContentOf<'list'>): ListAction => ({
  button: buttonText,
  sections: sections.map(({ title, rows }) => ({
    ...defined({ title }),
    rows: rows.map(({ id, title: rowTitle, description }) => ({
      id,
      title: rowTitle,
      ...defined({ description }),
    })),
  })),
});

function flowOf(content: ContentOf<'flow'>): FlowAction {
  const { flowToken, flowCta, action = 'navigate', screen, data, mode } = content;
  return {
    name: 'flow',
    parameters: {
      flow_message_version: '3',
      ...flowNameOf(content),
      flow_token: flowToken,
      flow_cta: flowCta,
      flow_action: action,
      ...(screen === undefined ? {} : { flow_action_payload: { screen, ...defined({ data }) } }),
      ...defined({ mode }),
    },
  };
}

function flowNameOf({ flowId, flowName }: ContentOf<'flow'>): { flow_id: string } | { flow_name: string } {
  if (flowId !== undefined) return { flow_id: flowId };
  assert(flowName !== undefined, 'a flow without an id has a name');
  return { flow_name: flowName };
}

function addressActionOf(content: ContentOf<'addressRequest'>): AddressAction {
  const { country, values, savedAddresses, fieldErrors } = content;
  return {
    name: 'address_message',
    parameters: {
      country,
      ...(values === undefined ? {} : { values: addressOf(values) }),
      ...(savedAddresses === undefined
        ? {}
        : {
            saved_addresses: savedAddresses.map(({ id, values: kept }) => ({ id, value: addressOf(kept) })),
          }),
      ...(fieldErrors === undefined ? {} : { validation_errors: addressOf(fieldErrors) }),
    },
  };
}

/** The only kind whose text is optional; the product is its header. */
const productOf = (content: ContentOf<'product'>): InteractiveObject => ({
  type: 'product',
  ...(content.body === undefined ? {} : { body: { text: content.body } }),
  ...framesOf(content),
  action: { catalog_id: content.catalogId, product_retailer_id: content.productId },
});

const productListOf = ({ catalogId, sections }: ContentOf<'productList'>): ProductListAction => ({
  catalog_id: catalogId,
  sections: sections.map(({ title, productIds }) => ({
    ...defined({ title }),
    product_items: productIds.map((id) => ({ product_retailer_id: id })),
  })),
});
