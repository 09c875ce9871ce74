import type { AuditActor } from '../../audit/service.ts';
import type { ChannelDoc } from '../../channels/directory.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TemplateOutcome, UnpauseAnswer } from '../../whatsapp/template-gateway.ts';
import { templateChange } from '../changes.ts';
import { changeAfterUnpause } from '../sync/rules.ts';
import type { TemplateDoc } from '../store/repository.ts';
import { accountOf, isTemplateRefusal, toAppError, failureText } from './provider.ts';
import { syncAfterSubmitMs, syncAfterUnknownMs, providerIdOf, type SubmissionDeps } from './submission.ts';

/**
 * Asks the provider to end a pause and stores the status that it reports: messages are released only once that is
 * `approved`. Syncs after a refusal too, because the stored template may be out of date.
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
    await catalogue.wantSync(scope, channel._id, syncAfterUnknownMs);
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
  await catalogue.wantSync(scope, channel._id, isOver ? syncAfterSubmitMs : syncAfterUnknownMs);
  return stored;
}

function problemOf(outcome: TemplateOutcome<UnpauseAnswer>): AppError {
  if (outcome.kind === 'done') {
    const reason = outcome.value.isUnpaused ? null : outcome.value.reason;
    return stillPaused(reason ?? 'It gave no reason.');
  }
  return isTemplateRefusal(outcome) ? stillPaused(failureText(outcome)) : toAppError(outcome);
}

const stillPaused = (reason: string): AppError =>
  new AppError('wrong-state', `The provider did not unpause the template. ${reason}`);
