/** Bodies of enemies: each stays within what one request may send, and is expensive for a careless reader. */
export interface Poison {
  readonly name: string;
  readonly body: string;
  /** Whether the door refuses it; otherwise it is stored and processed. */
  readonly isRefused: boolean;
}

const maxBytes = 4 * 1024 * 1024;

const fill = (start: string, unit: string, end: string): string => {
  const times = Math.floor((maxBytes - start.length - end.length) / unit.length);
  return start + unit.repeat(times).replace(/,$/, '') + end;
};

const inChange = (phoneNumberId: string, value: object): string =>
  JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '100',
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '15550001000', phone_number_id: phoneNumberId },
              ...value,
            },
          },
        ],
      },
    ],
  });

const textFrom = (from: string, id: string, text: string) => ({
  id,
  from,
  timestamp: String(Math.floor(Date.now() / 1_000)),
  type: 'text',
  text: { body: text },
});

/** As many messages as one body may have, each from another person. */
export function manyMessages(phoneNumberId: string, count: number, salt: string): string {
  const people = Array.from({ length: count }, (_, index) => `49151${String(10_000_000 + index)}`);
  return inChange(phoneNumberId, {
    contacts: people.map((from) => ({ wa_id: from, profile: { name: `Person ${from.slice(-4)}` } })),
    messages: people.map((from, index) => textFrom(from, `wamid.${salt}.${index}`, 'Hello')),
  });
}

/** Changes of which each has another name and another unknown key. */
function inventedFields(phoneNumberId: string, count: number, salt: string): string {
  const metadata = { display_phone_number: '15550001000', phone_number_id: phoneNumberId };
  const changes = Array.from({ length: count }, (_, index) => ({
    field: `novelty_${salt}_${index}`,
    value: { messaging_product: 'whatsapp', metadata, [`unknown_${index}`]: [index, String(index)] },
  }));
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '100', changes }] });
}

/** The enemy's bodies about a number. `salt` makes the ids of their messages unique. */
export function poisonBodies(phoneNumberId: string, salt: string): readonly Poison[] {
  const keys = Array.from({ length: 149_000 }, (_, index) => `"k${index}x":0`).join(',');
  return [
    { name: '4 MiB of zeros', body: fill('[', '0,', ']'), isRefused: true },
    { name: '4 MiB of empty objects', body: fill('{"statuses":[', '{},', ']}'), isRefused: true },
    { name: '4 MiB of brackets', body: '['.repeat(maxBytes), isRefused: true },
    { name: 'objects nested without end', body: fill('', '{"entry":', '0'), isRefused: true },
    { name: '149,000 distinct keys', body: `{${keys}}`, isRefused: true },
    { name: 'nearly as many zeros as allowed', body: `[${'0,'.repeat(149_990)}0]`, isRefused: false },
    {
      name: 'nearly as many unreadable statuses as allowed',
      body: inChange(phoneNumberId, { statuses: Array.from({ length: 9_990 }, () => ({})) }),
      isRefused: false,
    },
    {
      name: 'one message of 4 MB',
      body: inChange(phoneNumberId, {
        messages: [textFrom('4915110000000', `wamid.${salt}.large`, 'x'.repeat(4_000_000))],
      }),
      isRefused: false,
    },
    { name: 'a number of 4 MB', body: fill('[', '9', ']'), isRefused: false },
    { name: '4 MiB of blanks', body: fill('[', ' ', ']'), isRefused: false },
    {
      name: 'a long list under an unknown key',
      body: inChange(phoneNumberId, {
        novelties: Array.from({ length: 20_000 }, (_, index) => ({ id: `${salt}.${index}`, amount: index })),
      }),
      isRefused: false,
    },
    { name: '1,500 invented fields', body: inventedFields(phoneNumberId, 1_500, salt), isRefused: false },
    { name: '10,000 messages', body: manyMessages(phoneNumberId, 10_000, salt), isRefused: false },
  ];
}
