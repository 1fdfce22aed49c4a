// By path: the server stands on the client, so depending on it here would be a cycle between packages.
export { createServer } from '../../../server/src/index.js';
export { Authority } from '../../../server/test/support/certificates.js';
