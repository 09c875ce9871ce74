import type { Alias, AnyIdentity } from '../rules.ts';
import type { ContactRecord } from '../store/repository.ts';

/** A contact keeps at most this many aliases; the oldest are dropped, which the audit keeps. */
const maxAliases = 50;

/** A number as aliases: once, unless its spellings differ. */
export function numberAliases(
  { phoneNumber, whatsappId }: AnyIdentity,
  kept: Pick<Alias, 'at' | 'until' | 'reason' | 'arrived'>,
): Alias[] {
  const isSame = phoneNumber !== undefined && whatsappId === phoneNumber.slice(1);
  return [
    ...(phoneNumber === undefined ? [] : [{ field: 'phoneNumber' as const, value: phoneNumber, ...kept }]),
    ...(whatsappId === undefined || isSame
      ? []
      : [{ field: 'whatsappId' as const, value: whatsappId, ...kept }]),
  ];
}

/** WhatsApp's own word on when an identity ended outranks what other events imply, and that a user's correction. */
const rankOf = ({ reason }: Alias): number => {
  if (reason === 'corrected') return 0;
  return reason === 'seen-together' ? 1 : 2;
};

/** The stronger of two aliases of one identity, whichever comes first; the later end in a tie. */
function stronger(a: Alias, b: Alias): Alias {
  if (rankOf(a) !== rankOf(b)) return rankOf(a) > rankOf(b) ? a : b;
  return (b.until?.getTime() ?? 0) > (a.until?.getTime() ?? 0) ? b : a;
}

/** The record with more aliases; the same object if it has them. */
export function withAliases(record: ContactRecord, added: readonly Alias[]): ContactRecord {
  const before = record.aliases ?? [];
  const aliases = added.reduce(withAlias, before);
  return aliases === before ? record : { ...record, aliases: aliases.slice(-maxAliases) };
}

function withAlias(aliases: readonly Alias[], added: Alias): readonly Alias[] {
  const known = aliases.find(({ field, value }) => field === added.field && value === added.value);
  if (known === undefined) return [...aliases, added];
  const next = withArrival(stronger(known, added), arrivalOf(known, added));
  return next === known ? aliases : aliases.map((each) => (each === known ? next : each));
}

/** The first arrival; unknown if the person had the identity twice, and one of the arrivals is unknown. */
function arrivalOf(a: Alias, b: Alias): Date | undefined {
  if (a.arrived !== undefined && b.arrived !== undefined)
    return a.arrived < b.arrived ? a.arrived : b.arrived;
  const [dated, other] = a.arrived === undefined ? [b, a] : [a, b];
  if (dated.arrived === undefined) return undefined;
  return other.until !== undefined && other.until >= dated.arrived ? dated.arrived : undefined;
}

function withArrival(alias: Alias, arrived: Date | undefined): Alias {
  if (alias.arrived?.getTime() === arrived?.getTime()) return alias;
  const { arrived: _old, ...rest } = alias;
  return arrived === undefined ? rest : { ...rest, arrived };
}
