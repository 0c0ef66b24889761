import { afterEach, beforeEach } from '@jest/globals';
import { openStages, type Stages } from './stages.js';
import { startTestVendor, type TestVendor } from './vendor.js';

/** The stages of a gateway, and the server of a vendor that it delivers to. */
export interface Delivery {
  stages: Stages;
  vendor: TestVendor;
}

/**
 * Opens both afresh for each test of the file, and closes them after it.
 * @param use takes them before the test
 */
export function deliveringTo(use: (delivery: Delivery) => void): void {
  let opened: Delivery;
  beforeEach(async () => {
    opened = { stages: await openStages(), vendor: await startTestVendor() };
    use(opened);
  });
  afterEach(async () => {
    await opened.vendor.close();
    await opened.stages.close();
  });
}
