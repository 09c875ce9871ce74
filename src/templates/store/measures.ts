import type { Connection, Types } from 'mongoose';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import { templateModel } from './model.ts';

export interface TemplateKey {
  readonly clientId: Types.ObjectId;
  readonly channelId: Types.ObjectId;
  readonly name: string;
  readonly language: string;
}

const maxTimeMS = 5_000;

/** Template queries of the metrics, across all clients. */
export function createTemplateMeasures(connection: Connection) {
  const templates = openTenantCollection(templateModel, connection);
  return {
    /** The categories of these templates; deleted templates are missing. Each lookup uses the index by client. */
    async findCategoriesAcrossClients(
      keys: readonly TemplateKey[],
    ): Promise<readonly (TemplateKey & { readonly category: string })[]> {
      if (keys.length === 0) return [];
      return templates.acrossClients.find<TemplateKey & { category: string }>(
        {
          $or: keys.map(({ clientId, channelId, name, language }) => ({
            clientId,
            channelId,
            name,
            language,
          })),
        },
        {
          projection: { _id: 0, clientId: 1, channelId: 1, name: 1, language: 1, category: 1 },
          maxTimeMS,
        },
      );
    },
  };
}
