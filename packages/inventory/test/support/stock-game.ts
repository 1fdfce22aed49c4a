import type { Game, Step } from '../../../testkit/test/one-order/game.js';
import { InventoryManager, reservationId } from '../../src/index.js';

interface Hold {
  readonly quantity: number;
  readonly status: 'held' | 'committed' | 'released';
}
export interface Model {
  /** Null: there is no item. */
  readonly onHand: number | null;
  readonly holds: Readonly<Record<string, Hold>>;
  readonly adjustments: Readonly<Record<string, number>>;
}
type StockStep = Step<InventoryManager, Model>;
interface Limits {
  readonly deadlineMs: number | undefined;
}

const available = ({ onHand, holds }: Model): number =>
  Object.values(holds).reduce(
    (left, { quantity, status }) => (status === 'held' ? left - quantity : left),
    onHand ?? 0,
  );

/** A step that needs the item. */
function ofItem(name: string, call: StockStep['call'], apply: StockStep['apply']): StockStep {
  return {
    name,
    call,
    apply: (model) => (model.onHand === null ? [model, 'ITEM_NOT_FOUND'] : apply(model)),
  };
}

function create(quantity: number, limits: Limits): StockStep {
  return {
    name: `create ${quantity}`,
    call: (inventory) => inventory.createItem('shoes', quantity, limits),
    apply: (model) =>
      model.onHand === null
        ? [{ ...model, onHand: quantity, holds: {} }, undefined]
        : [model, 'ITEM_CONFLICT'],
  };
}

function reserve(id: string, quantity: number, limits: Limits): StockStep {
  return ofItem(
    `reserve ${quantity} as ${id}`,
    async (inventory) => {
      const result = await inventory.tryReserve('shoes', quantity, { id, ...limits });
      return result.ok ? 'held' : result.have;
    },
    (model) => {
      const past = model.holds[id];
      if (past && past.quantity !== quantity) return [model, 'OPERATION_ID_REUSED'];
      if (past) return [model, past.status === 'held' ? 'held' : 'RESERVATION_RESOLVED'];
      if (available(model) < quantity) return [model, available(model)];
      return [{ ...model, holds: { ...model.holds, [id]: { quantity, status: 'held' } } }, 'held'];
    },
  );
}

function end(id: string, status: 'committed' | 'released', limits: Limits): StockStep {
  return ofItem(
    `${status} ${id}`,
    async (inventory) => {
      const held = reservationId('shoes', id);
      const end = status === 'committed' ? inventory.commit(held, limits) : inventory.release(held, limits);
      return (await end).status;
    },
    (model) => {
      const past = model.holds[id];
      if (!past) return [model, 'RESERVATION_NOT_FOUND'];
      if (past.status !== 'held') return [model, past.status === status ? status : 'RESERVATION_RESOLVED'];
      const onHand = (model.onHand ?? 0) - (status === 'committed' ? past.quantity : 0);
      return [{ ...model, onHand, holds: { ...model.holds, [id]: { ...past, status } } }, status];
    },
  );
}

function adjust(delta: number, opId: string | undefined, limits: Limits): StockStep {
  return {
    name: `adjust ${delta} ${opId ?? ''}`,
    call: (inventory) => inventory.adjust('shoes', delta, { opId, ...limits }),
    apply(model) {
      const past = model.adjustments[opId ?? ''];
      if (past !== undefined) return [model, past === delta ? undefined : 'OPERATION_ID_REUSED'];
      if (model.onHand === null) return [model, 'ITEM_NOT_FOUND'];
      if (delta < 0 && available(model) + delta < 0) return [model, 'INSUFFICIENT_STOCK'];
      const adjustments = opId === undefined ? {} : { [opId]: delta };
      const known = { ...model.adjustments, ...adjustments };
      return [{ ...model, onHand: model.onHand + delta, adjustments: known }, undefined];
    },
  };
}

const remove: StockStep = {
  name: 'remove',
  call: (inventory) => inventory.removeItem('shoes'),
  apply(model) {
    if (model.onHand === null) return [model, false];
    const isHeld = Object.values(model.holds).some(({ status }) => status === 'held');
    return isHeld ? [model, 'ITEM_CONFLICT'] : [{ ...model, onHand: null, holds: {} }, true];
  },
};

const look = ofItem(
  'available',
  (inventory) => inventory.getAvailable('shoes'),
  (model) => [model, available(model)],
);

/** Reservations of one item, what becomes of them, adjustments, and its removal. */
export function stockGame(random: () => number): Game<InventoryManager, Model> {
  const upTo = (most: number): number => Math.floor(random() * most);
  return {
    initial: { onHand: null, holds: {}, adjustments: {} },
    open: (store, clock) => new InventoryManager(store, { clock, random, deadlineMs: 3_000 }),
    next() {
      const id = `order-${upTo(4)}`;
      const limits = { deadlineMs: random() < 0.2 ? 12 : undefined };
      const choice = random();
      if (choice < 0.12) return create(2 + upTo(4), limits);
      if (choice < 0.42) return reserve(id, 1 + upTo(3), limits);
      if (choice < 0.6) return end(id, 'committed', limits);
      if (choice < 0.72) return end(id, 'released', limits);
      if (choice < 0.82) return adjust(upTo(5) - 2, random() < 0.4 ? `count-${upTo(2)}` : undefined, limits);
      return choice < 0.87 ? remove : look;
    },
  };
}
