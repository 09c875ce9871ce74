/**
 * The keys of webhook objects that a reader takes, or that `docs/inbound-payloads.md` lists as not shown. Whatever else
 * stands in these objects is left over, and is shown where the object belongs, or reported.
 */
export interface KnownKeys {
  readonly keys?: ReadonlyMap<string, KnownKeys>;
  /** A value without keys may stand here. */
  readonly takesValue?: true;
  /** All other keys are taken too. */
  readonly takesRest?: true;
}

type Given = Readonly<Record<string, KnownKeys>>;

const leaf: KnownKeys = { takesValue: true };
/** Its reader shows all of it, or what it leaves. */
const all: KnownKeys = { takesValue: true, takesRest: true };
const keysOf = (given: Given): KnownKeys => ({ keys: new Map(Object.entries(given)) });
const leavesNamed = (...names: readonly string[]): Given =>
  Object.fromEntries(names.map((name) => [name, leaf]));

const shared: Given = {
  messaging_product: leaf,
  metadata: keysOf(leavesNamed('display_phone_number', 'phone_number_id')),
  contacts: keysOf({
    ...leavesNamed('wa_id', 'user_id', 'parent_user_id', 'identity_key_hash'),
    profile: keysOf(leavesNamed('name', 'username')),
  }),
};

const thread = keysOf({
  id: leaf,
  context: keysOf(leavesNamed('wa_id', 'user_id', 'username')),
  messages: all,
});

const groups = keysOf({ ...shared, groups: all });
const echoes = keysOf({ ...shared, message_echoes: all });
const oldAndNew = keysOf(leavesNamed('previous', 'current'));

/** The values of the fields about persons. The report of any other field shows its whole value. */
const knownInFields: ReadonlyMap<string, KnownKeys> = new Map([
  ['messages', keysOf({ ...shared, messages: all, statuses: all, errors: all, message_echoes: all })],
  ['smb_message_echoes', echoes],
  ['message_echoes', echoes],
  ['calls', keysOf({ ...shared, calls: all, statuses: all })],
  // The report of the progress shows whatever else stands in a chunk.
  ['history', keysOf({ ...shared, history: { ...keysOf({ threads: thread }), takesRest: true } })],
  [
    'smb_app_state_sync',
    keysOf({
      ...shared,
      state_sync: keysOf({
        ...leavesNamed('type', 'action'),
        contact: keysOf(leavesNamed('full_name', 'first_name', 'phone_number', 'user_id')),
        metadata: keysOf(leavesNamed('timestamp')),
      }),
    }),
  ],
  [
    'user_preferences',
    keysOf({
      ...shared,
      user_preferences: keysOf(
        leavesNamed('wa_id', 'user_id', 'parent_user_id', 'category', 'value', 'detail', 'timestamp'),
      ),
    }),
  ],
  [
    'user_id_update',
    keysOf({
      ...shared,
      user_id_update: keysOf({
        ...leavesNamed('wa_id', 'timestamp', 'detail'),
        user_id: oldAndNew,
        parent_user_id: { ...oldAndNew, takesValue: true },
      }),
    }),
  ],
  ['group_lifecycle_update', groups],
  ['group_participants_update', groups],
  ['group_settings_update', groups],
  ['group_status_update', groups],
]);

export const knownInField = (field: string): KnownKeys => knownInFields.get(field) ?? all;

/** What stands around the values. An entry or a change that is no object becomes a dead letter. */
export const knownInEnvelope = keysOf({
  object: leaf,
  entry: {
    ...keysOf({
      ...leavesNamed('id', 'time'),
      changes: { ...keysOf({ field: leaf, value: all }), takesValue: true },
    }),
    takesValue: true,
  },
});

const callback = leavesNamed('id', 'status', 'timestamp', 'type', 'biz_opaque_callback_data');

export const knownInStatus = keysOf({
  ...callback,
  ...leavesNamed('recipient_id', 'recipient_user_id', 'parent_recipient_user_id', 'recipient_parent_user_id'),
  ...leavesNamed('recipient_type'),
  ...leavesNamed('recipient_participant_id', 'recipient_participant_user_id'),
  pricing: keysOf(leavesNamed('billable', 'category', 'type', 'pricing_model')),
  conversation: keysOf({
    ...leavesNamed('id', 'expiration_timestamp'),
    origin: keysOf(leavesNamed('type')),
  }),
  errors: keysOf({
    ...leavesNamed('code', 'title', 'message', 'href'),
    error_data: { ...keysOf(leavesNamed('details')), takesValue: true },
  }),
});

export const knownInCall = keysOf({
  ...callback,
  ...leavesNamed('from', 'to', 'from_user_id', 'to_user_id', 'event', 'direction'),
  ...leavesNamed('start_time', 'end_time', 'duration'),
  session: keysOf(leavesNamed('sdp', 'sdp_type')),
  errors: keysOf(leavesNamed('code', 'title', 'message')),
});

export const knownInCallStatus = keysOf({
  ...callback,
  ...leavesNamed('recipient_id', 'recipient_user_id'),
});
