import { runSuites } from '../../../testkit/test/pattern-suites/run-suites.js';
import { leftOut, ofTenants } from '../support/of-tenants.js';

await runSuites('cache', ofTenants, leftOut);
