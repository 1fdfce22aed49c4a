import { createHash, X509Certificate } from 'node:crypto';
import { type CancelTimer, type Clock, systemClock } from '@norikv/store';
import type { Log } from './log.js';
import { gaugeLines } from './metrics.js';
import type { ServerCredentials } from './options.js';
import type { NoriKVServer } from './server.js';
import { reasonOf } from './terminal.js';

const everyMs = 10_000;

const reloaded = {
  name: 'norikv_last_reload_successful',
  help: '0 while certificates and tokens are older than those of the files.',
};
const expires = {
  name: 'norikv_certificate_expires_timestamp_seconds',
  help: 'When the certificate of the server expires.',
};

/** What was read, or why it could not be, and how to tell it from what is read another time. */
interface Look {
  readonly mark: string;
  readonly credentials: ServerCredentials | undefined;
  readonly error: unknown;
}

/** Where credentials come from, who gets them, and who is told. */
export interface RenewalParts {
  readonly server: Pick<NoriKVServer, 'renew'>;
  /** What the server was started with. */
  readonly first: ServerCredentials;
  readonly read: () => Promise<ServerCredentials>;
  readonly log: Log;
  readonly clock?: Clock | undefined;
}

/**
 * Gives a server the certificates and tokens its files hold: when it is told to, and when they have changed.
 *
 * A change is taken when two looks have found the same, as files are written one after the other. What cannot be
 * read or is broken is said once, and the server goes on with what it has.
 */
export class Renewal implements AsyncDisposable {
  readonly #parts: RenewalParts;
  readonly #clock: Clock;
  /** What the server was given last, taken or refused. */
  #given: string;
  #seen: string;
  #tls: ServerCredentials['tls'];
  #isGood = true;
  #cancel: CancelTimer;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#given = markOf(parts.first);
    this.#seen = this.#given;
    this.#tls = parts.first.tls;
    this.#cancel = this.#lookLater();
  }

  /** Reads and gives them now, changed or not. */
  reload(): Promise<void> {
    return this.#next((look) => this.#give(look));
  }

  /** Figures in the text format of Prometheus. */
  metrics(): string {
    const lines = gaugeLines(reloaded, Number(this.#isGood));
    const end = endOf(this.#tls);
    if (end) lines.push(...gaugeLines(expires, end.getTime() / 1_000));
    return `${lines.join('\n')}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#looking;
  }

  #lookLater(): CancelTimer {
    return this.#clock.startTimer(() => {
      this.#next((look) => {
        if (look.mark === this.#seen && look.mark !== this.#given) this.#give(look);
        this.#cancel = this.#lookLater();
      });
    }, everyMs);
  }

  /** One look after the other: an older one never replaces a newer one. */
  #next(judge: (look: Look) => void): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      const look = await this.#look();
      if (this.#isClosed) return;
      judge(look);
      this.#seen = look.mark;
    });
    return this.#looking;
  }

  async #look(): Promise<Look> {
    try {
      const credentials = await this.#parts.read();
      return { credentials, mark: markOf(credentials), error: undefined };
    } catch (error) {
      return { credentials: undefined, mark: String(error), error };
    }
  }

  #give({ credentials, mark, error }: Look): void {
    const { server, log } = this.#parts;
    this.#given = mark;
    try {
      if (!credentials) throw error;
      server.renew(credentials);
      this.#tls = credentials.tls;
      this.#isGood = true;
      log({
        level: 'info',
        event: 'reloaded',
        tokens: credentials.tokens?.length ?? 0,
        certificateExpires: endOf(credentials.tls),
      });
    } catch (problem) {
      this.#isGood = false;
      log({ level: 'error', event: 'reload failed, going on as before', error: reasonOf(problem) });
    }
  }
}

/** When the certificate expires. */
function endOf(tls: ServerCredentials['tls']): Date | undefined {
  return tls && new Date(new X509Certificate(tls.cert).validTo);
}

/** Of what is secret only a digest is kept. */
function markOf(credentials: ServerCredentials): string {
  return createHash('sha256').update(JSON.stringify(credentials)).digest('base64');
}
