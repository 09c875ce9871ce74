import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { newSecret } from '../../src/platform/ids.ts';
import { phoneEndingIn, type CrmUser } from './crm-client.ts';
import { statusesOf, textOf } from './meta.ts';

/** Each kind of item that a body can contain, about this client; every body changes something by itself. */
export const eventsAbout = (owner: CrmUser, message: MessageDoc) => {
  const wabaId = `sandbox-${owner.clientId}`;
  const { _id, providerMessageId: id = '' } = message;
  const opaque = { biz_opaque_callback_data: `${_id.toHexString()}:1` };
  const preference = { wa_id: '4915199000001', category: 'marketing_messages', value: 'stop', timestamp: 1 };
  const ofNumber = { metadata: { phone_number_id: owner.phoneNumberId } };
  const template = { message_template_name: 'hello_world', message_template_language: 'en_US' };
  return {
    status: [statusesOf(owner.phoneNumberId, [{ id, status: 'read', ...opaque }])],
    message: [textOf(owner.phoneNumberId, phoneEndingIn('34'), 'STOP', `wamid.${newSecret(9)}`)],
    preference: [
      accountEvent(wabaId, 'user_preferences', { ...ofNumber, user_preferences: [preference] }),
      accountEvent(wabaId, 'user_preferences', {
        user_preferences: [{ ...preference, wa_id: '4915199000002' }],
      }),
    ],
    template: [
      accountEvent(wabaId, 'message_template_status_update', { ...template, event: 'DISABLED' }),
      accountEvent(wabaId, 'message_template_quality_update', { ...template, new_quality_score: 'RED' }),
      accountEvent(wabaId, 'template_category_update', { ...template, new_category: 'MARKETING' }),
      accountEvent(wabaId, 'message_template_components_update', template),
    ],
    account: [accountEvent(wabaId, 'account_update', { event: 'ACCOUNT_DELETED' })],
    capability: [0, 1, -1].map((limit) =>
      accountEvent(wabaId, 'business_capability_update', { max_daily_conversations_per_business: limit }),
    ),
  };
};

export const accountEvent = (wabaId: string, field: string, value: object) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: wabaId, time: 1_795_430_000, changes: [{ field, value }] }],
});
