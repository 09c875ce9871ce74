import type { RequestInfo } from '../../http/route.ts';
import { networkOf } from '../../platform/network.ts';
import type { Caller } from '../sessions/sessions.ts';

export const callerOf = ({ userAgent, ip }: RequestInfo): Caller => ({ userAgent, network: networkOf(ip) });
