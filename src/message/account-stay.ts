const PREFIX = 'account:';

/**
 * The stay that a message means which names its account (PID-18) and no visit number (PV1-19): which one that is the fold finds, since an
 * account is no stay.
 * @param account `system|value`
 */
export function stayOfAccount(account: string): string {
  return PREFIX + account;
}

/** The account of a stay that has no number; undefined for a stay that has one. */
export function accountOfStay(stay: string): string | undefined {
  return stay.startsWith(PREFIX) ? stay.slice(PREFIX.length) : undefined;
}
