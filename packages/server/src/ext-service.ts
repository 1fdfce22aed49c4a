import { methods, wireLimits } from '@norikv/client/wire';
import type { KvStore } from '@norikv/store';
import type { Metrics } from './metrics.js';
import type { Served } from './unary-handler.js';

/** The calls about the server itself. */
export function aboutCalls(
  store: KvStore,
  nodeId: string,
  metrics: Metrics,
): { readonly describe: Served<typeof methods.describe>; readonly stats: Served<typeof methods.stats> } {
  return {
    describe: {
      method: methods.describe,
      async serve() {
        const { capabilities } = store;
        const own = { nodeId, exchange: true };
        if (capabilities === undefined) return { engine: 'a store that declares nothing', ...own };
        return {
          ...capabilities,
          ...own,
          maxKeyBytes: Math.min(capabilities.maxKeyBytes, wireLimits.maxKeyBytes),
          maxValueBytes: Math.min(capabilities.maxValueBytes, wireLimits.maxValueBytes),
        };
      },
    },
    stats: {
      method: methods.stats,
      serve: async () => ({ figures: await metrics.figures() }),
    },
  };
}
