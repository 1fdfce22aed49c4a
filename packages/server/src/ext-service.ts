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
        if (capabilities === undefined)
          return { engine: 'a store that declares nothing', nodeId, exchange: true };
        return {
          ...capabilities,
          maxKeyBytes: Math.min(capabilities.maxKeyBytes, wireLimits.maxKeyBytes),
          maxValueBytes: Math.min(capabilities.maxValueBytes, wireLimits.maxValueBytes),
          nodeId,
          exchange: true,
        };
      },
    },
    stats: {
      method: methods.stats,
      serve: async () => ({ figures: await metrics.figures() }),
    },
  };
}
