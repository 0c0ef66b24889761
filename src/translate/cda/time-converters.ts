import { periodOf, readInterval, type Interval } from '../../cda/interval.js';
import { readDate, readInstant, readTimestamp, type Malformed } from '../../cda/time.js';
import type { Cda } from './format.js';
import type { Converter, ConverterEntry } from '../converter.js';
import type { ElementType } from '../targets.js';

type TimeConverter = Converter<Cda>;

/** A place that says that there is no end is read, and gives nothing. */
function taken(text: string, read: string | Malformed | undefined): ReturnType<TimeConverter> {
  if (read === 'malformed') return 'malformed';
  return text === '' ? undefined : { value: read };
}

const date: TimeConverter = (place) => taken(place.value(), readDate(place.value()));
const dateTime: TimeConverter = (place, { clock }) => taken(place.value(), readTimestamp(place.value(), clock));
const instant: TimeConverter = (place, { clock }) => taken(place.value(), readInstant(place.value(), clock));

/** A period of what is sure; where nothing is, and something cannot be read, somebody is to know. */
function periodFrom(bounds: (interval: Interval) => Interval): TimeConverter {
  // An attribute stands for its element.
  return (place, { clock }) => {
    const interval = place.isNull ? undefined : readInterval(place.element, clock);
    const value = interval && periodOf(bounds(interval));
    if (value !== undefined) return { value };
    return interval?.malformed === true ? 'malformed' : undefined;
  };
}

/** A single moment is no period. */
const period = periodFrom(({ value: _moment, ...bounds }) => bounds);
/** A single moment is begin and end. */
const wholePeriod = periodFrom((interval) => interval);

const plain = (gives: ElementType, convert: TimeConverter): ConverterEntry<Cda> => ({ gives, make: () => convert });

/** Converters for the times of a document. */
export const TIME_CONVERTERS: readonly (readonly [string, ConverterEntry<Cda>])[] = [
  ['TS-date', plain('date', date)],
  ['TS-dateTime', plain('dateTime', dateTime)],
  ['TS-instant', plain('instant', instant)],
  ['TS-Period', plain('Period', wholePeriod)],
  ['IVL-Period', plain('Period', period)],
];
