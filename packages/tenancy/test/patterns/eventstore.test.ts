import { runSuites } from '../../../testkit/test/pattern-suites/run-suites.js';
import { ofTenants } from '../support/of-tenants.js';

await runSuites('eventstore', ofTenants);
