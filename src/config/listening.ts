import { GatewayError } from '../message/failure.js';

/** A port of the gateway, and what sets it. */
export interface ListenAddress {
  /** What is spoken there. */
  door: 'HTTP' | 'MLLP';
  host: string;
  port: number;
  /** Name of the setting that gives the host. */
  hostSetting: string;
  /** What to do where somebody else has the port. */
  whereTaken: string;
}

/** Why the gateway cannot listen, and what to do about it: a port that is taken is one of several reasons. */
export function listenFailure(
  { door, host, port, hostSetting, whereTaken }: ListenAddress,
  cause: NodeJS.ErrnoException,
): GatewayError {
  const remedy = REMEDIES[cause.code ?? '']?.(hostSetting) ?? whereTaken;
  return new GatewayError('port-in-use', `${door} cannot listen on ${host}:${port}`, { remedy, cause });
}

const noAddress = (setting: string) => `${setting} is no address of this machine: correct it`;
const REMEDIES: Readonly<Record<string, (hostSetting: string) => string>> = {
  EADDRNOTAVAIL: noAddress,
  ENOTFOUND: noAddress,
  EAI_AGAIN: noAddress,
  EACCES: () => 'take a port from 1024 on, or give the gateway the right to that one',
};
