/** The reply that Meta sends when a contact taps a button of our message. Pure. */
import { isRecord, textOrNull, scalarText, type JsonRecord } from './json.ts';
import { fail } from './setting-readers.ts';
import { buttonsOf, componentOf, type Template } from './templates/template.ts';

/** The fields of an inbound message in `POST /sandbox/inbound`. */
export interface TapReply {
  readonly type: 'button' | 'button_reply' | 'list_reply' | 'nfm_reply';
  readonly payload?: string;
  readonly text?: string;
  readonly description?: string;
  readonly response?: unknown;
}

export interface Tap {
  readonly buttonIndex: number;
  /** The card of the button in a carousel. */
  readonly cardIndex: number | null;
}

const listOf = (value: unknown): readonly JsonRecord[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

const noButton = (): never => fail('buttonIndex', 'must be a button of this message that can be tapped');

const isType = (component: JsonRecord, type: string): boolean =>
  scalarText(component['type']).toLowerCase() === type;

function sentPayload(components: readonly JsonRecord[], index: number): string | null {
  const button = components.find(
    (component) =>
      isType(component, 'button') &&
      scalarText(component['sub_type']).toLowerCase() === 'quick_reply' &&
      Number(component['index']) === index,
  );
  const [parameter] = listOf(button?.['parameters']);
  return textOrNull(parameter?.['payload']) ?? textOrNull(parameter?.['text']);
}

/** The sent and the stored components of the message, or of one card. */
function sidesOf(sent: readonly JsonRecord[], template: Template | null, cardIndex: number | null) {
  if (cardIndex === null) return { sent, stored: template?.components ?? [] };
  const sentCards = listOf(sent.find((component) => isType(component, 'carousel'))?.['cards']);
  const card = sentCards.find((each) => Number(each['card_index']) === cardIndex);
  const storedCards = listOf(componentOf(template?.components ?? [], 'CAROUSEL')?.['cards']);
  return { sent: listOf(card?.['components']), stored: listOf(storedCards[cardIndex]?.['components']) };
}

/** A quick reply of a template without a payload answers with its text. */
function tapTemplate(content: JsonRecord, template: Template | null, tap: Tap): TapReply {
  const { sent, stored } = sidesOf(listOf(content['components']), template, tap.cardIndex);
  const storedButton = buttonsOf(stored)[tap.buttonIndex];
  const isQuickReply =
    storedButton === undefined || scalarText(storedButton['type']).toUpperCase() === 'QUICK_REPLY';
  const payload = sentPayload(sent, tap.buttonIndex);
  const text = textOrNull(storedButton?.['text']) ?? payload;
  if (!isQuickReply || text === null) return noButton();
  return { type: 'button', payload: payload ?? text, text };
}

function tapInteractive(interactive: JsonRecord, tap: Tap): TapReply {
  const action = isRecord(interactive['action']) ? interactive['action'] : {};
  if (interactive['type'] === 'flow') {
    const parameters = isRecord(action['parameters']) ? action['parameters'] : {};
    return { type: 'nfm_reply', response: { flow_token: parameters['flow_token'] ?? 'unused' } };
  }
  if (interactive['type'] === 'list') {
    const row = listOf(action['sections']).flatMap((section) => listOf(section['rows']))[tap.buttonIndex];
    if (row === undefined) return noButton();
    const description = textOrNull(row['description']);
    return {
      type: 'list_reply',
      payload: scalarText(row['id']),
      text: scalarText(row['title']),
      ...(description === null ? {} : { description }),
    };
  }
  const button = listOf(action['buttons'])[tap.buttonIndex];
  const reply = isRecord(button?.['reply']) ? button['reply'] : noButton();
  return { type: 'button_reply', payload: scalarText(reply['id']), text: scalarText(reply['title']) };
}

/** `template` is the stored one, if it exists: the sent message does not contain the button texts. */
export function tapReply(body: unknown, template: Template | null, tap: Tap): TapReply {
  if (!isRecord(body)) return noButton();
  const { interactive, template: content } = body;
  if (isRecord(interactive)) return tapInteractive(interactive, tap);
  return isRecord(content) ? tapTemplate(content, template, tap) : noButton();
}
