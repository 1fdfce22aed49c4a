import { runSuites } from '../../../testkit/test/pattern-suites/run-suites.js';
import { behindServers } from '../support/behind-a-server.js';

await runSuites('tenancy', behindServers);
