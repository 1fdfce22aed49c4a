export { FaultyNetwork } from '../../../server/test/support/faulty-network.js';
