export * from './canonical-json.js';
export * from './identifier.js';
export * from './uuid.js';
