import type { Request } from 'express';
import { queryOf } from './general-parameters.js';

/** The addresses that answers name: those of the public address where there is one, else of the one that the caller used. */
export class Addresses {
  /** @param publicUrl the address of the gateway's root as callers know it, without a final slash */
  constructor(private readonly publicUrl: string | undefined) {}

  /** The FHIR root. */
  base(request: Request): string {
    const root = this.publicUrl ?? `${request.protocol}://${request.get('host') ?? 'localhost'}`;
    return `${root}${request.baseUrl}`;
  }

  /** The address that asks the same with GET, whichever way it was asked. */
  self(request: Request, params = new URLSearchParams(queryOf(request))): string {
    const query = params.toString();
    return `${this.base(request)}${request.path.replace(/\/_search$/, '')}${query === '' ? '' : `?${query}`}`;
  }

  /** The same with other values of some parameters; an undefined one is left out. */
  changed(request: Request, params: URLSearchParams, change: Readonly<Record<string, string | undefined>>): string {
    const other = new URLSearchParams(params);
    for (const [name, value] of Object.entries(change))
      if (value === undefined) other.delete(name);
      else other.set(name, value);
    return this.self(request, other);
  }
}
