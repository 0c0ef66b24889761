/** The classes of documents of the French field (JDV_J06, codes of TRE_A03), which METADATA may give whatever the type. */
export const DOCUMENT_CLASSES: readonly string[] = ['10', '11', '31', '42', '43', '44', '45', '52', '60', '90', '95'];
