import type { XmlElement } from '../../../cda/element.js';
import type { Unit } from './unit.js';

/** What the rules of entries know beside their unit. */
export interface EntrySurroundings {
  /** ClinicalDocument/effectiveTime as FHIR writes it. */
  writtenAt: string;
  /** How a medication is taken, part by part, by the element that states it. */
  dosages: ReadonlyMap<XmlElement, readonly Unit[]>;
}

/**
 * Gives a resource what follows from where its entry stands: its status, and that it is denied. False where nothing valid can be made of it: what R4
 * requires is not said, or what is denied has no form of its own.
 */
export type EntryRule = (unit: Unit, surroundings: EntrySurroundings) => boolean;
