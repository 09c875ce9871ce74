/** The address forms of WhatsApp, which differ by country. Source: Meta's guide to address messages. Pure. */

/** The fields of all forms, with their names at Meta. */
export const addressFields = {
  name: 'name',
  phoneNumber: 'phone_number',
  pinCode: 'in_pin_code',
  postCode: 'sg_post_code',
  houseNumber: 'house_number',
  floorNumber: 'floor_number',
  towerNumber: 'tower_number',
  buildingName: 'building_name',
  unitNumber: 'unit_number',
  address: 'address',
  landmarkArea: 'landmark_area',
  city: 'city',
  state: 'state',
} as const;

export type AddressField = keyof typeof addressFields;
export type AddressName = (typeof addressFields)[AddressField];

export const addressCountries = ['IN', 'SG'] as const;
export type AddressCountry = (typeof addressCountries)[number];

const elsewhere: Readonly<Record<AddressCountry, readonly AddressField[]>> = {
  IN: ['postCode', 'unitNumber'],
  SG: [
    ...(['pinCode', 'houseNumber', 'floorNumber', 'towerNumber'] as const),
    ...(['buildingName', 'landmarkArea', 'state'] as const),
  ],
};

/** Whether the form of the country has the field. */
export const isFieldOf = (country: AddressCountry, field: string): boolean =>
  !elsewhere[country].some((other) => other === field);

type Texts<Name extends string> = { readonly [N in Name]?: string | undefined };

/** The values under Meta's names. */
export const addressOf = (values: Texts<AddressField>): Texts<AddressName> =>
  Object.fromEntries(
    entriesOf(addressFields).flatMap(([field, name]) => {
      const value = values[field];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** The values under our names, null where there is none. */
export const shownAddress = (values: Texts<AddressName>): Record<AddressField, string | null> =>
  Object.fromEntries(
    entriesOf(addressFields).map(([field, name]) => [field, values[name] ?? null]),
  ) as Record<AddressField, string | null>;

const entriesOf = (fields: typeof addressFields) => Object.entries(fields) as [AddressField, AddressName][];
