import type { ClientDirectory } from '../../identity/clients/directory.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { FieldRules } from '../custom-fields/rules.ts';
import type { RowOptions } from './cells/read-row.ts';
import type { FieldDefinition } from './mapping/targets.ts';
import type { ImportDoc } from './repository.ts';
import { cellOptionsOf, mappedColumns, mappingOf } from './settings.ts';

interface DefinedField extends FieldRules {
  readonly label: string;
}

export interface ContextDeps {
  /** The definitions of custom fields. */
  readonly fields: { findAll(scope: ClientScope): Promise<readonly DefinedField[]> };
  readonly clients: Pick<ClientDirectory, 'find'>;
}

/** What reading and planning need of the business. */
export interface ImportContext {
  readonly definitions: readonly DefinedField[];
  /** Those that can be targets. */
  readonly targets: readonly FieldDefinition[];
  readonly zone: string;
  readonly ownNumber: string | undefined;
}

export async function readContext(
  { fields, clients }: ContextDeps,
  scope: ClientScope,
): Promise<ImportContext> {
  const [definitions, client] = await Promise.all([fields.findAll(scope), clients.find(scope)]);
  if (client === null) throw new Error('An import belongs to a business.');
  return {
    definitions,
    targets: definitions.filter(({ archivedAt }) => archivedAt === undefined),
    zone: client.timezone,
    ownNumber: client.whatsappNumber,
  };
}

/** How the rows of an analysed import are read. */
export function rowOptionsOf(
  { settings, found }: Pick<ImportDoc, 'settings' | 'found'>,
  { targets, zone }: Pick<ImportContext, 'targets' | 'zone'>,
): RowOptions {
  const proposed = found?.proposed ?? { mapping: [] };
  return {
    mapping: mappingOf(mappedColumns(settings, proposed)),
    definitions: new Map(targets.map((definition) => [definition.key, definition])),
    cells: cellOptionsOf(settings, proposed, zone),
  };
}
