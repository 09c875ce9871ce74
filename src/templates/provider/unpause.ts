import type { AuditActor } from '../../audit/service.ts';
import type { ChannelDoc } from '../../channels/directory.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TemplateOutcome, UnpauseAnswer } from '../../whatsapp/template-gateway.ts';
import { templateChange } from '../changes.ts';
import { changeAfterUnpause } from '../sync/rules.ts';
import type { TemplateDoc } from '../store/repository.ts';
import { accountOf, isVerdict, toAppError, wordsOf } from './provider.ts';
import { lookAfterMs, lookAfterUnknownMs, providerIdOf, type SubmissionDeps } from './submission.ts';

/**
 * Has the provider end a pause, and takes over what it then says of the template: only its own `approved` lets go what
 * waits. Its refusal may mean that the template is not as we have it, so it is looked at in any case.
 */
export async function unpauseAtProvider(
  deps: SubmissionDeps,
  { scope, by, channel }: { scope: ClientScope; by: AuditActor; channel: ChannelDoc },
  template: TemplateDoc,
): Promise<TemplateDoc> {
  const { catalogue, gateway, channels, clock } = deps;
  const id = await providerIdOf(deps, channel, template);
  if (id === null) throw new AppError('wrong-state', 'The provider does not have this template.');
  const account = accountOf(channel, channels);
  const outcome = await gateway.unpause(account, id);
  if (outcome.kind !== 'done' || !outcome.value.isUnpaused) {
    await catalogue.wantSync(scope, channel._id, lookAfterUnknownMs);
    throw problemOf(outcome);
  }
  const read = await gateway.get(account, id);
  const theirs = read.kind === 'done' ? read.value : null;
  const ref = { id: template._id, version: undefined };
  const stored = await catalogue.resource.change(
    scope,
    by,
    ref,
    templateChange('template.unpaused', (current) => changeAfterUnpause(current, theirs, clock.now())),
  );
  const isOver = stored.status !== 'paused';
  await catalogue.wantSync(scope, channel._id, isOver ? lookAfterMs : lookAfterUnknownMs);
  return stored;
}

function problemOf(outcome: TemplateOutcome<UnpauseAnswer>): AppError {
  if (outcome.kind === 'done') {
    const reason = outcome.value.isUnpaused ? null : outcome.value.reason;
    return kept(reason ?? 'It gives no reason.');
  }
  return isVerdict(outcome) ? kept(wordsOf(outcome)) : toAppError(outcome);
}

const kept = (words: string): AppError =>
  new AppError('wrong-state', `The provider keeps the template paused. ${words}`);
