/** The `health_status` of a phone number: whether it can send, and otherwise which entity blocks it. */
import { kindOf } from './error-table.ts';
import { deriveBusinessId } from './identifiers.ts';
import { wabaIdOf } from './payloads.ts';
import type { Behaviour, HealthState } from './settings.ts';

const APP_ID = '1000000000000001';
/** The default codes of a blocked and a limited number. */
const BLOCKED_CODE = 131031;
const LIMITED_CODE = 131064;

function errorsOf(state: HealthState, senderError: number | undefined): object {
  if (state === 'AVAILABLE') return {};
  const code = senderError ?? (state === 'BLOCKED' ? BLOCKED_CODE : LIMITED_CODE);
  const { title, details = title } = kindOf(code);
  const error = {
    error_code: code,
    error_description: details,
    possible_solution: 'Open the account in the Business Manager and resolve the issues shown there.',
  };
  return { errors: [error] };
}

/** A number with a sender error is blocked; otherwise the setting `health` decides. */
export function stateOf(phoneNumberId: string, { health, senderErrors }: Behaviour): HealthState {
  const isRefused = senderErrors[phoneNumberId] !== undefined;
  return isRefused ? 'BLOCKED' : (health[phoneNumberId] ?? 'AVAILABLE');
}

export function healthStatus(phoneNumberId: string, behaviour: Behaviour): object {
  const state = stateOf(phoneNumberId, behaviour);
  const wabaId = wabaIdOf(phoneNumberId, behaviour.numbers);
  const healthy = { can_send_message: 'AVAILABLE' };
  return {
    can_send_message: state,
    entities: [
      {
        entity_type: 'PHONE_NUMBER',
        id: phoneNumberId,
        can_send_message: state,
        ...errorsOf(state, behaviour.senderErrors[phoneNumberId]),
      },
      { entity_type: 'WABA', id: wabaId, ...healthy },
      { entity_type: 'BUSINESS', id: deriveBusinessId(wabaId), ...healthy },
      { entity_type: 'APP', id: APP_ID, ...healthy },
    ],
  };
}
