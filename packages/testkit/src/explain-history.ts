import type { Condition } from '@norikv/store';
import type { HistoryAction, HistoryEntry, HistoryOperation, HistoryResult } from './history.js';
import { type RegisterState, versionText } from './register-model.js';

const shownSteps = 8;

/** Why the versions in the answers cannot all be true, whatever the order; undefined if they can. */
export function explainVersions(operations: readonly HistoryOperation[]): string | undefined {
  const writes = new Map<string, HistoryOperation>();
  for (const operation of operations) {
    if (operation.result.kind !== 'written') continue;
    const version = versionText(operation.result.version);
    const earlier = writes.get(version);
    if (earlier) {
      return `version ${version} repeats: two writes were answered with it.\n${listed([earlier, operation])}`;
    }
    writes.set(version, operation);
  }
  const values = new Map<string, string>();
  for (const operation of operations) {
    const entry = entryIn(operation);
    if (entry === undefined) continue;
    const version = versionText(entry.version);
    const write = writes.get(version);
    const value = write?.action.kind === 'put' ? write.action.value : values.get(version);
    if (value !== undefined && value !== entry.value) {
      return `version ${version} has two values, ${shown(value)} and ${shown(entry.value)}.\n${listed([operation])}`;
    }
    values.set(version, entry.value);
  }
  return undefined;
}

/** Where the best attempt at an order got stuck. */
export function explainDeadEnd(
  path: readonly HistoryOperation[],
  state: RegisterState,
  stuck: readonly HistoryOperation[],
): string {
  const hidden = path.length - shownSteps;
  return [
    'no order of its operations explains all answers. The longest one that explains some of them:',
    ...(hidden > 0 ? [`  (${hidden} operations before)`] : []),
    listed(path.slice(-shownSteps)),
    `Then the key ${holding(state)}, and none of these can be next, while one of them must:`,
    listed(stuck),
    ...listOfPast(stuck, path, Math.max(hidden, 0)),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** The writes that made what stuck operations name, each with the write that replaced it, if one of them is hidden. */
function listOfPast(
  stuck: readonly HistoryOperation[],
  path: readonly HistoryOperation[],
  hidden: number,
): string[] {
  const named = new Set(stuck.flatMap(namedBy));
  const past = new Set<HistoryOperation>();
  let holder: HistoryOperation | undefined;
  for (const operation of path.filter(hasWritten)) {
    if (holder && named.has(madeBy(holder))) past.add(holder).add(operation);
    holder = operation;
  }
  const isHidden = path.slice(0, hidden).some((operation) => past.has(operation));
  return isHidden ? ['What these name was written, and replaced, before:', listed([...past])] : [];
}

/** Whether an operation that took effect changed what the key holds. */
function hasWritten({ action, result }: HistoryOperation): boolean {
  if (action.kind === 'get' || result.kind === 'refused') return false;
  return result.kind !== 'deleted' || result.existed;
}

/** What an operation says of the key: a version, and its value. */
function namedBy(operation: HistoryOperation): string[] {
  const { action } = operation;
  const entry = entryIn(operation);
  if (entry) return [versionText(entry.version), JSON.stringify(entry.value)];
  const isConditional = action.kind !== 'get' && action.condition.kind === 'version';
  return isConditional ? [versionText(action.condition.version)] : [];
}

/** The version a write made; while that is not known, its value. */
function madeBy({ action, result }: HistoryOperation): string {
  if (result.kind === 'written') return versionText(result.version);
  return action.kind === 'put' ? JSON.stringify(action.value) : '';
}

function listed(operations: readonly HistoryOperation[]): string {
  return operations.map((operation) => `  ${lineOf(operation)}`).join('\n');
}

function lineOf({ client, action, result, invokedAt, returnedAt }: HistoryOperation): string {
  const during = Number.isFinite(returnedAt) ? `${invokedAt}-${returnedAt}` : `${invokedAt}-?`;
  return `[${during}] ${client}: ${actionText(action)} -> ${resultText(result)}`;
}

function actionText(action: HistoryAction): string {
  if (action.kind === 'get') return 'get';
  const what = action.kind === 'put' ? `put ${shown(action.value)}` : 'delete';
  return what + conditionText(action.condition);
}

function conditionText(condition: Condition): string {
  if (condition.kind === 'always') return '';
  return condition.kind === 'absent' ? ' if absent' : ` if version ${versionText(condition.version)}`;
}

function resultText(result: HistoryResult): string {
  switch (result.kind) {
    case 'found':
      return `found ${entryText(result.entry)}`;
    case 'written':
      return `version ${versionText(result.version)}`;
    case 'deleted':
      return result.existed ? 'deleted' : 'was absent';
    case 'refused':
      return result.actual === undefined
        ? 'refused'
        : `refused, it ${result.actual ? `held ${entryText(result.actual)}` : 'was absent'}`;
    default:
      return result.kind;
  }
}

function holding(state: RegisterState): string {
  if (state === null) return 'is absent';
  return `holds ${shown(state.value)} (version ${state.version ?? 'not known'})`;
}

function entryText(entry: HistoryEntry): string {
  return `${shown(entry.value)} (version ${versionText(entry.version)})`;
}

function entryIn({ result }: HistoryOperation): HistoryEntry | undefined {
  if (result.kind === 'found') return result.entry;
  return result.kind === 'refused' ? (result.actual ?? undefined) : undefined;
}

function shown(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
