import type { Bundle, BundleEntry, FhirResource } from 'fhir/r4.js';
import type { OpenedDocument } from '../../src/cda/opened.js';
import { openFhir } from '../../src/cda/open-fhir.js';

const RPPS = 'https://rpps.esante.gouv.fr';

/** A discharge report as Europe writes one, of an invented patient. */
export function dischargeReport(more: FhirResource[] = [], composition: Record<string, unknown> = {}): Bundle {
  const resources: FhirResource[] = [
    {
      resourceType: 'Composition',
      id: 'c-secret',
      status: 'final',
      language: 'fr-FR',
      type: { coding: [{ system: 'http://loinc.org', code: '11490-0' }] },
      category: [{ coding: [{ system: 'urn:oid:1.2.250.1.213.1.1.4.1', code: '10', display: 'Compte rendu' }] }],
      identifier: { system: 'urn:oid:2.999.5', value: 'SET-1' },
      subject: { reference: 'urn:uuid:patient-secret' },
      encounter: { reference: 'Encounter/e-secret' },
      date: '2025-06-03T14:12:00+02:00',
      author: [{ reference: 'PractitionerRole/r-secret' }],
      title: 'Lettre de liaison à la sortie',
      confidentiality: 'R',
      custodian: { reference: 'Organization/o-secret' },
      attester: [{ mode: 'legal', party: { reference: 'Practitioner/p2-secret' } }],
      relatesTo: [{ code: 'replaces', targetIdentifier: { system: 'urn:oid:2.999.5', value: 'V-0' } }],
      ...composition,
    },
    {
      resourceType: 'Patient',
      id: 'patient-secret',
      identifier: [
        { system: 'urn:oid:1.2.250.1.213.1.4.10', value: '254063818599957' },
        {
          system: 'urn:oid:2.999.7',
          value: 'IPP-0042',
          type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'PI' }] },
        },
      ],
      name: [{ use: 'official', family: 'TESTVALMY', given: ['Odette'], id: 'n-secret' }],
      gender: 'female',
      birthDate: '1954-06-12',
      address: [{ city: 'GRENOBLE', postalCode: '38000' }],
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
          valueAddress: { city: 'GRENOBLE', district: '38185' },
        },
        { url: 'http://example.org/secret', valueString: 'secret' },
      ],
      generalPractitioner: [{ reference: 'Practitioner/p2-secret' }],
      contact: [
        {
          relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0131', code: 'C' }] }],
          name: { family: 'TESTORMEAU', given: ['Lise'] },
          telecom: [{ system: 'phone', value: '+33400000000' }],
        },
      ],
    },
    {
      resourceType: 'PractitionerRole',
      id: 'r-secret',
      practitioner: { reference: 'Practitioner/p1-secret' },
      organization: { reference: 'Organization/o-secret' },
    },
    {
      resourceType: 'Practitioner',
      id: 'p1-secret',
      identifier: [{ system: RPPS, value: '99700000013' }],
      name: [{ family: 'TESTAUTEUR', given: ['Paul'] }],
    },
    {
      resourceType: 'Practitioner',
      id: 'p2-secret',
      identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: '899700000021' }],
      name: [{ family: 'TESTTRAITANT', given: ['Agnès'] }],
    },
    {
      resourceType: 'Organization',
      id: 'o-secret',
      name: 'CH Essai',
      identifier: [{ system: 'https://finess.esante.gouv.fr', value: '380000001' }],
    },
    {
      resourceType: 'Encounter',
      id: 'e-secret',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject: { reference: 'Patient/patient-secret' },
      identifier: [{ system: 'urn:oid:2.999.8', value: 'V-42' }],
      period: { start: '2025-05-28', end: '2025-06-03' },
      serviceProvider: { reference: 'Organization/o-secret' },
    },
    {
      resourceType: 'Condition',
      id: 'cond-secret',
      clinicalStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
      },
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'I10', display: 'Hypertension' }] },
      subject: { reference: 'Patient/patient-secret' },
      recorder: { reference: 'PractitionerRole/r-secret' },
      asserter: { reference: 'https://elsewhere.example/Practitioner/secret' },
    },
    {
      resourceType: 'MedicationStatement',
      id: 'med-secret',
      status: 'active',
      medicationReference: { reference: 'Medication/m-secret' },
      subject: { reference: 'Patient/patient-secret' },
      reasonReference: [{ reference: 'Condition/cond-secret' }],
      dosage: [{ text: '1 le matin', timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } } }],
    },
    { resourceType: 'Medication', id: 'm-secret', code: { text: 'Amlodipine 5 mg' } },
    {
      resourceType: 'ServiceRequest',
      id: 's-secret',
      status: 'active',
      intent: 'plan',
      code: { text: 'Pansement un jour sur deux' },
      subject: { reference: 'Patient/patient-secret' },
    },
    {
      resourceType: 'CarePlan',
      id: 'plan-secret',
      status: 'active',
      intent: 'plan',
      title: 'Suites',
      subject: { reference: 'Patient/patient-secret' },
      addresses: [{ reference: 'Condition/cond-secret' }],
      activity: [
        { reference: { reference: 'ServiceRequest/s-secret' } },
        { detail: { status: 'scheduled', description: 'Revoir le médecin traitant' } },
      ],
    },
    ...more,
  ];
  const entry = resources.map((resource): BundleEntry => ({
    fullUrl:
      resource.resourceType === 'Patient' && resource.id === 'patient-secret'
        ? 'urn:uuid:patient-secret'
        : `http://h.example/${resource.resourceType}/${resource.id ?? ''}`,
    resource,
  }));
  return {
    resourceType: 'Bundle',
    id: 'bundle-secret',
    type: 'document',
    identifier: { system: 'urn:oid:2.999.5', value: 'V-1' },
    timestamp: '2025-06-03T14:12:00+02:00',
    entry,
  };
}

export function opened(bundle: unknown): OpenedDocument & { format: 'fhir' } {
  return openFhir(Buffer.from(JSON.stringify(bundle)));
}
