import { entry, model, section } from './cda-body.js';

const SNOMED = 'codeSystem="2.16.840.1.113883.6.96"';
const LOINC = 'codeSystem="2.16.840.1.113883.6.1"';
const LOCAL = 'codeSystem="1.2.250.1.213.1.1.4.322"';
const CCAM = 'codeSystem="1.2.250.1.215.300.1"';
const CIS = 'codeSystem="1.2.250.1.213.2.3.1"';

export function product(code: string): string {
  return `<consumable><manufacturedProduct><manufacturedMaterial>${code}</manufacturedMaterial></manufacturedProduct></consumable>`;
}

export const AMOXIDEMO = product(`<code code="60000001" ${CIS} displayName="AMOXIDEMO 500 mg"/><name>AMOXIDEMO</name>`);

/** How often, how much, which way. */
export const DOSAGE = `<effectiveTime xsi:type="IVL_TS"><low value="20260310"/><high value="20260317"/></effectiveTime>
<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="12" unit="h"/></effectiveTime>
<routeCode code="20053000" codeSystem="0.4.0.127.0.16.1.1.2.1" displayName="Voie orale"/>
<doseQuantity><low value="1" unit="{tbl}"/><high value="2" unit="{tbl}"/></doseQuantity>
<maxDoseQuantity><numerator value="4" unit="{tbl}"/><denominator value="1" unit="d"/></maxDoseQuantity>`;

export function medication(mood: string, ...parts: string[]): string {
  return entry(
    `<substanceAdministration classCode="SBADM" moodCode="${mood}">${model('42')}${parts.join('')}</substanceAdministration>`,
  );
}

export function problem(concern: string, observation: string, ...parts: string[]): string {
  return entry(`<act classCode="ACT" moodCode="EVN">${model('39')}<code nullFlavor="NA"/><statusCode code="${concern}"/>
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN" ${observation}>${model('37')}${parts.join('')}</observation></entryRelationship></act>`);
}

export function allergy(concern: string, observation: string, ...parts: string[]): string {
  return entry(`<act classCode="ACT" moodCode="EVN">${model('40')}<code nullFlavor="NA"/><statusCode code="${concern}"/>
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN" ${observation}>${model('41')}${parts.join('')}</observation></entryRelationship></act>`);
}

/** An observation about a statement. */
export function about(code: string, value: string, attributes = ''): string {
  return `<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN" ${attributes}><code code="${code}" ${LOINC}/>${value}</observation></entryRelationship>`;
}

const COMMENT = `<entryRelationship typeCode="SUBJ" inversionInd="true"><act classCode="ACT" moodCode="EVN">${model('32')}<code code="48767-8" ${LOINC}/><text><reference value="#note"/></text></act></entryRelationship>`;

const PERFORMER = `<performer typeCode="PRF"><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="899700000013"/>
<assignedPerson><name><family>TESTREEDUC</family><given>Léa</given></name></assignedPerson>
<representedOrganization><name>Cabinet d'essai</name></representedOrganization></assignedEntity></performer>`;

export const PLAN = section(
  '158',
  `<code code="18776-5" ${LOINC}/><title>Suites à donner</title>`,
  `<text><list><item ID="soin">Pansement un jour sur deux</item><item ID="rdv">Revoir le chirurgien</item><item ID="note">À jeun</item>
<item ID="but">Remarcher sans canne</item><item ID="action">Dix séances de rééducation</item><item ID="critere">Marche 200 m</item><item ID="rythme">2 fois par semaine</item></list></text>`,
  entry(`<procedure classCode="PROC" moodCode="INT">${model('62')}<id root="2.999.1.1"/>
<code code="QZRB001" ${CCAM} displayName="Pansement"><originalText><reference value="#soin"/></originalText></code><text><reference value="#soin"/></text>
<statusCode code="active"/><effectiveTime><low value="20260312"/><high value="20260330"/></effectiveTime><priorityCode code="UR" codeSystem="2.16.840.1.113883.5.7"/>
<targetSiteCode code="61685007" ${SNOMED} displayName="jambe"/>${PERFORMER}${COMMENT}
<entryRelationship typeCode="RSON"><act classCode="ACT" moodCode="EVN">${model('36')}<code code="S82.2" codeSystem="2.16.840.1.113883.6.3" displayName="Fracture de la diaphyse du tibia"/></act></entryRelationship></procedure>`),
  entry(`<procedure classCode="PROC" moodCode="EVN">${model('62')}<id root="2.999.1.2"/><code code="NZMP007" ${CCAM} displayName="Plâtre"/>
<statusCode code="completed"/><effectiveTime value="20260301"/></procedure>`),
  entry(`<procedure classCode="PROC" moodCode="INT">${model('62')}<id root="2.999.1.3"/><code code="MED-572" ${LOCAL} displayName="Soin de support"><qualifier><value code="ORG-036" ${LOCAL} displayName="Diététique"/></qualifier></code>
<statusCode code="completed"/><effectiveTime nullFlavor="UNK"/>${PERFORMER}
<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code code="GEN-177" ${LOCAL}/><effectiveTime><low value="20260401"/><high value="20260601"/></effectiveTime></observation></entryRelationship>
<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code code="ORG-004" ${LOCAL} displayName="Rythme"/><text><reference value="rythme"/></text><value xsi:type="BL" value="true"/></observation></entryRelationship></procedure>`),
  entry(`<observation classCode="OBS" moodCode="INT">${model('27')}<id root="2.999.1.4"/><code code="ORG-064" ${LOCAL} displayName="Demande d'examen ou de suivi"/>
<statusCode code="active"/><effectiveTime value="20260320"/><value xsi:type="ST">Radiographie de contrôle</value></observation>`),
  entry(`<observation classCode="OBS" moodCode="PRP">${model('27')}<id root="2.999.1.5"/><code code="22748-8" ${LOINC} displayName="Cholestérol LDL"/>
<statusCode code="active"/><effectiveTime><low value="20260401"/></effectiveTime></observation>`),
  entry(`<observation classCode="OBS" moodCode="GOL">${model('27')}<id root="2.999.1.6"/><code code="MED-057" ${LOCAL} displayName="Problème de mobilité"/>
<statusCode code="active"/><value xsi:type="CD"><originalText><reference value="#but"/></originalText></value>
<entryRelationship typeCode="SPRT"><observation classCode="OBS" moodCode="GOL">${model('27')}<code code="ORG-014" ${LOCAL} displayName="Actions"/><text><reference value="#action"/></text>
<participant typeCode="PRF"><participantRole><playingEntity><name>Kiné</name></playingEntity></participantRole></participant></observation></entryRelationship>
<entryRelationship typeCode="GEVL"><observation classCode="OBS" moodCode="EVN"><code code="ORG-012" ${LOCAL} displayName="Bilan d'étape"/><effectiveTime value="20260501"/>
<precondition><criterion><text><reference value="critere"/></text></criterion></precondition></observation></entryRelationship></observation>`),
  entry(`<observation classCode="OBS" moodCode="GOL">${model('27')}<id root="2.999.1.7"/><code code="6301-6" ${LOINC} displayName="INR"/><statusCode code="active"/>
<effectiveTime nullFlavor="NA"/><value xsi:type="REAL" value="2.5"/></observation>`),
  entry(`<encounter classCode="ENC" moodCode="ARQ">${model('58')}<id root="2.999.1.8"/><code code="AMB" codeSystem="2.16.840.1.113883.5.4" displayName="Ambulatoire"/>
<text><reference value="#rdv"/></text><effectiveTime value="20260325"/><priorityCode code="CS" codeSystem="2.16.840.1.113883.5.7" displayName="recontacter pour fixer RDV"/>${PERFORMER}
<participant typeCode="LOC"><participantRole classCode="SDLOC"><playingEntity classCode="PLC"><name>Clinique d'essai</name></playingEntity></participantRole></participant></encounter>`),
  entry(`<substanceAdministration classCode="SBADM" moodCode="INT">${model('47')}<id root="2.999.1.9"/><code code="IMMUNIZ" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="active"/>
<effectiveTime xsi:type="IVL_TS"><low value="20261001"/><high value="20261231"/></effectiveTime>${product('<code code="J07BB02" codeSystem="2.16.840.1.113883.6.73" displayName="Vaccin de la grippe"/>')}</substanceAdministration>`),
  entry(
    `<act classCode="ACT" moodCode="EVN">${model('32')}<code code="48767-8" ${LOINC}/><text>Appeler si fièvre</text></act>`,
  ),
);

export const REST = [
  section(
    '146',
    '<title>Traitements à la sortie</title>',
    medication('EVN', '<id root="2.999.2.1"/><statusCode code="completed"/>', DOSAGE, AMOXIDEMO),
  ),
  section('143', medication('EVN', '<id root="2.999.2.2"/>', DOSAGE.replace('20260317', '20270101'), AMOXIDEMO)),
  section('145', medication('EVN', '<id root="2.999.2.3"/>', DOSAGE, AMOXIDEMO)),
  section('171', medication('INT', '<id root="2.999.2.4"/><repeatNumber value="2"/>', DOSAGE, AMOXIDEMO)),
  section(
    '132',
    problem(
      'active',
      '',
      `<id root="2.999.3.1"/><text><reference value="#soin"/></text><effectiveTime><low value="20260228"/></effectiveTime><value xsi:type="CD" code="S82.2" codeSystem="2.16.840.1.113883.6.3" displayName="Fracture du tibia"/>`,
      about('33999-4', '<value xsi:type="CE" code="active"/>'),
      about('66455-7', '<value xsi:type="CD" code="confirmed"/>'),
      `<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><code code="SEV" codeSystem="2.16.840.1.113883.5.4"/><value xsi:type="CD" code="6736007" ${SNOMED} displayName="modéré"/></observation></entryRelationship>`,
    ),
  ),
  section(
    '134',
    problem(
      'completed',
      '',
      '<id root="2.999.3.2"/><effectiveTime><low value="2019"/><high value="2020"/></effectiveTime><value xsi:type="CD"><originalText>Pneumopathie</originalText></value>',
    ),
  ),
  section(
    '137',
    allergy(
      'active',
      '',
      `<id root="2.999.3.3"/><code code="416098002" ${SNOMED}/><effectiveTime xsi:type="IVL_TS"><low value="20180221"/></effectiveTime><value xsi:type="CD"/>`,
      `<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT"><code code="J01CA04" codeSystem="2.16.840.1.113883.6.73" displayName="amoxicilline"/><name>Amoxicilline</name></playingEntity></participantRole></participant>`,
      about('82606-5', '<value xsi:type="CE" code="high"/>'),
      `<entryRelationship typeCode="MFST"><observation classCode="OBS" moodCode="EVN">${model('37')}<value xsi:type="CD" code="126485001" ${SNOMED} displayName="urticaire"/></observation></entryRelationship>`,
    ),
  ),
  section(
    '147',
    entry(
      `<substanceAdministration classCode="SBADM" moodCode="EVN">${model('45')}<id root="2.999.3.4"/><statusCode code="completed"/><effectiveTime value="20250928"/>${product('<code code="J07CA01" codeSystem="2.16.840.1.113883.6.73" displayName="Diphtérie-tétanos-polio"/><lotNumberText>L42</lotNumberText>')}</substanceAdministration>`,
    ),
  ),
  section(
    '136',
    entry(
      `<procedure classCode="PROC" moodCode="EVN">${model('62')}<id root="2.999.3.5"/><code code="DDAF004" ${CCAM} displayName="Dilatation"/><statusCode code="completed"/><effectiveTime value="2018"/></procedure>`,
    ),
  ),
  section(
    '157',
    entry(
      `<observation classCode="OBS" moodCode="EVN">${model('54')}<id root="2.999.3.6"/><code code="75787-2" ${LOINC} displayName="Assistance respiratoire"/><statusCode code="completed"/><effectiveTime><low value="20240101"/></effectiveTime><value xsi:type="BL" value="false"/></observation>`,
    ),
  ),
  section(
    '163',
    entry(
      `<observation classCode="OBS" moodCode="EVN"><code code="ORG-074" ${LOCAL}/><value xsi:type="CE" code="500" codeSystem="1.2.250.1.213.1.6.1.8" displayName="EHPAD"/></observation>`,
    ),
    entry(
      `<act classCode="ACT" moodCode="EVN"><code code="80413-8" ${LOINC}/><participant typeCode="DST"><templateId root="1.2.250.1.71.4.2.2" extension="1999999999"/><participantRole classCode="SDLOC"><id root="2.999.4"/><playingEntity classCode="ENT"><name>EHPAD d'essai</name></playingEntity></participantRole></participant></act>`,
    ),
  ),
].join('');

/** Sections of every kind of which anything is made, with an entry of every kind. */
export const EVERYTHING = PLAN + REST;
