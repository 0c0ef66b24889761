import type { FactOf } from '../message/fact.js';
import { compareRecorded, inRecordedOrder, instant } from '../message/order.js';

export type Statement = FactOf<'member'>;

/** Role of the médecin traitant: there is one at a time, whoever declares him. */
const FAMILY_DOCTOR = 'PCP';

/** An instant, and the statement that gives it. */
export interface Bound {
  at: string;
  by: Statement;
  /** The statement gives no time of its own: the instant is that of its making, or of what it speaks of. */
  derived: boolean;
}

/** One time that a source states for somebody in a role. */
interface Spell {
  /** The statement that declared it. */
  opener: Statement;
  /** From when it holds without an explicit begin: the earliest moment that it was stated of. */
  since: Bound;
  begin?: Bound | undefined;
  end?: Bound | undefined;
  /** The last statement of it: what the person and the role are called. */
  wording: Statement;
}

/** A spell with what ends it worked out. */
export interface Interval {
  /** The statement that gives `from`, or declared the spell. */
  opener: Statement;
  wording: Statement;
  from: string;
  /** No statement gives `from`. */
  fromDerived: boolean;
  to?: Bound;
}

/** When a statement holds from that gives no time. */
export type Moment = (statement: Statement) => string;

/** What statements add up to. */
export interface StatementFold {
  intervals: Interval[];
  /** Ids of statements that could be left out for ever, whatever is recorded later: they gave no time, nor the last wording. */
  outdated: string[];
}

/**
 * Folds statements into intervals, whatever the order in which they came. Of two statements of one source about one person in one role the
 * one recorded last holds: it renews the spell, or begins another where the former is over. Of the family doctors, whoever declares them,
 * the next one ends the one before at his begin; nobody revives the former.
 */
export function foldStatements(statements: readonly Statement[], moment: Moment): StatementFold {
  const roles = new Map<string, RoleTimeline>();
  const kept = new Set<string>();
  for (const statement of inOrder(statements, moment)) {
    const key = roleOf(statement);
    const role = roles.get(key) ?? new RoleTimeline(moment);
    roles.set(key, role);
    if (role.take(statement)) kept.add(statement.id);
  }
  const intervals = [...roles.values()].flatMap((role) => role.intervals());
  for (const { wording } of intervals) kept.add(wording.id);
  return { intervals, outdated: statements.filter(({ id }) => !kept.has(id)).map(({ id }) => id) };
}

function roleOf({ source, body }: Statement): string {
  const { role, person } = body;
  return role.code === FAMILY_DOCTOR ? FAMILY_DOCTOR : [source, role.system, role.code, person].join('|');
}

/** Recorded order; what one message states at once goes by the time that it speaks of. */
function inOrder(statements: readonly Statement[], moment: Moment): Statement[] {
  const timeOf = (statement: Statement) => {
    const { action, begin, end } = statement.body;
    return instant((action === 'add' ? begin : end) ?? moment(statement));
  };
  return inRecordedOrder(statements).sort((a, b) => compareRecorded(a, b) || timeOf(a) - timeOf(b));
}

/** The spells of one person in one role by one source, or of all family doctors. */
class RoleTimeline {
  /** In the order in which they were declared. */
  private readonly spells: Spell[] = [];

  constructor(private readonly moment: Moment) {}

  /** Takes the next statement in. @returns true where it gives a begin or an end */
  take(statement: Statement): boolean {
    if (statement.body.action === 'end') return this.close(statement);
    const spell = this.lastOf(statement);
    if (spell !== undefined && !this.beginsAnew(spell, statement)) {
      const reaches = this.reachBack(spell, statement);
      return renew(spell, statement) || reaches;
    }
    const { begin, end } = statement.body;
    this.spells.push({
      opener: statement,
      since: { at: this.moment(statement), by: statement, derived: true },
      ...(typeof begin === 'string' ? { begin: { at: begin, by: statement, derived: false } } : {}),
      ...(typeof end === 'string' ? { end: { at: end, by: statement, derived: false } } : {}),
      wording: statement,
    });
    return true;
  }

  intervals(): Interval[] {
    return this.spells.map((spell) => this.interval(spell));
  }

  /** A spell whose end lies before its begin is empty: both are that end. */
  private interval(spell: Spell): Interval {
    const { since, wording } = spell;
    const opener = since.by;
    const begin = this.beginOf(spell);
    const [to] = this.closings(spell).sort((a, b) => instant(a.at) - instant(b.at));
    const from = to !== undefined && instant(to.at) < instant(begin.at) ? to : begin;
    const interval = { opener, wording, from: from.at, fromDerived: from.derived };
    return to === undefined ? interval : { ...interval, to };
  }

  private beginOf({ begin, since }: Spell): Bound {
    return begin ?? since;
  }

  /**
   * Whoever is stated again, of an earlier moment, was there by then: an admission may be recorded after the identity. Not where others held
   * the role too: a message about the past names who holds it now.
   * @returns true where the spell begins earlier than before
   */
  private reachBack(spell: Spell, statement: Statement): boolean {
    const at = this.moment(statement);
    const alone = this.spells.every(({ opener }) => opener.body.person === spell.opener.body.person);
    if (typeof statement.body.begin === 'string' || !alone || instant(at) >= instant(spell.since.at)) return false;
    spell.since = { at, by: statement, derived: true };
    return true;
  }

  private lastOf({ source, body }: Statement): Spell | undefined {
    return this.spells.findLast(({ opener }) => opener.source === source && opener.body.person === body.person);
  }

  /** What ends a spell: its own end, and the begin of everybody else who was declared later, unless for a time that was over before it. */
  private closings(spell: Spell): Bound[] {
    const begin = instant(this.beginOf(spell).at);
    const successors = this.spells.slice(this.spells.indexOf(spell) + 1).filter(({ opener, end }) => {
      const over = end?.by.body.action === 'add' && instant(end.at) <= begin;
      return opener.body.person !== spell.opener.body.person && !over;
    });
    const begins = successors.map((successor) => this.beginOf(successor));
    return spell.end === undefined ? begins : [spell.end, ...begins];
  }

  /**
   * Does a statement begin another spell, because the former is over by then? Not when it tells again of a time that is over itself, nor when
   * another source ended the former and it gives no begin: to repeat what was stated before declares nothing.
   */
  private beginsAnew(spell: Spell, statement: Statement): boolean {
    const { begin, end } = statement.body;
    const moment = this.moment(statement);
    return this.closings(spell).some((closing) => {
      const own = closing.by.source === statement.source;
      if (!own && typeof begin !== 'string') return false;
      const from = own && closing !== spell.end ? moment : (begin ?? moment);
      const over = typeof end === 'string' && instant(end) <= instant(from);
      return instant(closing.at) <= instant(from) && !over;
    });
  }

  /** A source ends what it stated; a family doctor who is dismissed is dismissed for every source that states him at that time. */
  private close(statement: Statement): boolean {
    const given = statement.body.end ?? undefined;
    const end = { at: given ?? this.moment(statement), by: statement, derived: given === undefined };
    const own = this.lastOf(statement);
    const elsewhere = this.spells.filter((spell) => {
      const { source, body } = spell.opener;
      if (source === statement.source || body.person !== statement.body.person) return false;
      const { from, to } = this.interval(spell);
      return instant(from) < instant(end.at) && (to === undefined || instant(end.at) < instant(to.at));
    });
    return [...(own === undefined ? [] : [own]), ...elsewhere].filter((spell) => dismiss(spell, end)).length > 0;
  }
}

/** A statement takes the place of those before. A time that it does not give stays, except the dismissal that it takes back. */
function renew(spell: Spell, statement: Statement): boolean {
  const { begin, end } = statement.body;
  const before = { ...spell };
  spell.wording = statement;
  if (begin === null) spell.begin = undefined;
  else if (begin !== undefined && begin !== spell.begin?.at) spell.begin = { at: begin, by: statement, derived: false };
  const dismissal = spell.end?.by.body.action === 'end' && spell.end.by.source === statement.source;
  if (end === null || (end === undefined && dismissal)) spell.end = undefined;
  else if (end !== undefined && (end !== spell.end?.at || spell.end.derived))
    spell.end = { at: end, by: statement, derived: false };
  return before.begin !== spell.begin || before.end !== spell.end;
}

/** Ends a spell. Of one that is over by then, a dismissal without a time says no more than that its own source ends it too. */
function dismiss(spell: Spell, end: Bound): boolean {
  const current = spell.end;
  const over = current !== undefined && instant(current.at) <= instant(end.at);
  const { at, derived } = over && end.by.body.end === undefined ? current : end;
  if (current?.at === at && current.derived === derived && current.by.source === end.by.source) return false;
  spell.end = { at, by: end.by, derived };
  return true;
}
