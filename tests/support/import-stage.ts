import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ImportStep } from '../../src/people/imports/lifecycle.ts';
import type { ImportDoc } from '../../src/people/imports/repository.ts';
import type { ImportRowDoc } from '../../src/people/imports/stored-rows/repository.ts';
import type { Slice } from '../../src/people/imports/slices.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { Answer } from './http.ts';
import { useMessagingApi, type Member } from './messaging-api.ts';
import { useWorkerCore } from './worker-core.ts';

export interface ImportJson {
  readonly id: string;
  readonly state: string;
  readonly rows: number | null;
  readonly fault: { readonly code: string; readonly line: number | null } | null;
  readonly planned: Readonly<Record<string, number>> | null;
  readonly newTags:
    | (Readonly<Record<'count' | 'room', number>> & {
        readonly isExact: boolean;
        readonly names: readonly string[];
      })
    | null;
  readonly outcomes: Readonly<Record<string, number>> | null;
  readonly columns: readonly { readonly name: string; readonly target: string | null }[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly questions: readonly string[];
}

export interface RowJson {
  readonly n: number;
  readonly line: number;
  readonly outcome: string;
  readonly phoneNumber: string | null;
  readonly contactId: string | null;
  readonly plan: { readonly kind: string; readonly codes: string[]; readonly notices: string[] } | null;
  readonly result: RowJson['plan'];
  readonly errors: readonly { readonly code: string; readonly cell: string }[];
  readonly isChangedSince: boolean;
  readonly undo: string | null;
}

/** The API without Temporal, and the slices of the worker, which tests run by hand. */
export function useImportStage(name: string) {
  const api = useMessagingApi(name);
  const core = useWorkerCore(api);

  const targetOf = ({ clientId }: Member, id: string) => ({
    scope: scopeOf(clientId),
    id: new Types.ObjectId(id),
  });

  /** One slice of what is next. */
  async function step(by: Member, id: string, slice: Partial<Slice> = {}): Promise<ImportStep> {
    const { steps } = core().areas.imports;
    const target = targetOf(by, id);
    const next = await steps.next(target);
    if (next === 'idle') return next;
    const whole = { signal: new AbortController().signal, isOver: () => false, beat: () => undefined };
    return steps.run(next, target, { ...whole, ...slice });
  }

  async function settle(by: Member, id: string, slice: Partial<Slice> = {}): Promise<ImportJson> {
    for (let count = 0; (await step(by, id, slice)) !== 'idle'; count += 1)
      assert.ok(count < 1_000, 'the import comes to an end');
    const { body } = await by.get(`/api/imports/${id}`);
    return body as unknown as ImportJson;
  }

  async function upload(by: Member, file: string | Buffer, headers = {}): Promise<UploadAnswer> {
    const answer = await fetch(`${api().url}/api/imports?filename=contacts.csv`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${by.token}`,
        'content-type': 'application/octet-stream',
        ...headers,
      },
      body: typeof file === 'string' ? file : new Uint8Array(file),
    });
    return {
      status: answer.status,
      location: answer.headers.get('location'),
      body: (await answer.json()) as UploadAnswer['body'],
    };
  }

  const post = (by: Member, id: string, command: string): Promise<Answer> =>
    by.post(`/api/imports/${id}/${command}`);

  return {
    api,
    core,
    step,
    settle,
    upload,
    post,
    docOf: (id: string) =>
      api()
        .collection<ImportDoc>('imports')
        .findOne({ _id: new Types.ObjectId(id) }),
    rowDocs: () => api().collection<ImportRowDoc>('import_rows'),

    /** Uploads a file and analyses it. */
    async analysed(by: Member, file: string | Buffer, patch?: object): Promise<ImportJson> {
      const { status, body } = await upload(by, file);
      assert.equal(status, 202, JSON.stringify(body));
      if (patch !== undefined) {
        const changed = await by.patch(`/api/imports/${body.id}`, patch);
        assert.equal(changed.status, 200, changed.text);
      }
      return settle(by, body.id);
    },

    /** The same, and runs it. */
    async imported(by: Member, file: string | Buffer, patch?: object): Promise<ImportJson> {
      const { id } = await this.analysed(by, file, patch);
      const started = await post(by, id, 'start');
      assert.equal(started.status, 200, started.text);
      return settle(by, id);
    },

    async rowsOf(by: Member, id: string, query = ''): Promise<RowJson[]> {
      const { status, body, text } = await by.get(`/api/imports/${id}/rows?limit=100${query}`);
      assert.equal(status, 200, text);
      return body['items'] as RowJson[];
    },
  };
}

interface UploadAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly body: ImportJson & { readonly code?: string };
}

/** The counts that are not 0. */
export const filled = (counts: Readonly<Record<string, number>> | null): Record<string, number> =>
  Object.fromEntries(Object.entries(counts ?? {}).filter(([, count]) => count > 0));
