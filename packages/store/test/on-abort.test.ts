import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { onAbort } from '../src/on-abort.js';

it('calls back everybody who waits for a signal, from one listener', () => {
  const controller = new AbortController();
  const called: number[] = [];
  const stops = Array.from({ length: 20 }, (_, place) =>
    onAbort(controller.signal, () => called.push(place)),
  );
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  stops[7]?.();
  controller.abort();
  expect(called).toEqual(stops.map((_, place) => place).filter((place) => place !== 7));
});

it('leaves nothing on a signal that nobody waits for, and can begin again', () => {
  const controller = new AbortController();
  let calls = 0;
  const count = (): void => {
    calls += 1;
  };
  const stops = [onAbort(controller.signal, count), onAbort(controller.signal, () => count())];
  for (const stop of stops) stop();
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  onAbort(controller.signal, count);
  controller.abort();
  expect(calls).toBe(1);
});

it('lets one who is called back stop others', () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => {
    called.push('first');
    stop();
  });
  const stop = onAbort(controller.signal, () => called.push('second'));
  controller.abort();
  expect(called).toEqual(['first']);
});
