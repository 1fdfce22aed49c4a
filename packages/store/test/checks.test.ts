import { describe, expect, it } from 'vitest';
import {
  checkAtOnce,
  checkClock,
  checkFunction,
  checkNames,
  checkObject,
  checkOneOf,
  checkOptions,
  checkString,
  checkText,
  checkWhole,
  draw,
  refuse,
  shown,
} from '../src/checks.js';
import { NoriKVError, systemClock } from '../src/index.js';

describe('a value as an error names it', () => {
  it.each([
    ['5', '"5"'],
    [5, '5'],
    [5n, '5n'],
    [Number.NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [{ secret: 1 }, '[object Object]'],
    [Object.create(null), '[object Object]'],
    [[1], '[object Array]'],
    [Promise.resolve(1), '[object Promise]'],
    [() => 1, '[object Function]'],
    ['\ud800', '"\\ud800"'],
  ])('case %#', (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it('is not repeated in full', () => {
    expect(shown('x'.repeat(1_000))).toBe(`"${'x'.repeat(64)}"`);
  });
});

describe('a refusal', () => {
  it('says what the argument is and what to use instead', () => {
    expect(() => refuse('color', 'reed', 'red or blue')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: 'color is "reed"; use red or blue' }),
    );
  });

  it('may be of a class of its own', () => {
    class OutOfRangeError extends NoriKVError {
      static override readonly code: string = 'OUT_OF_RANGE';
    }
    expect(() => refuse('total', 2n, 'value()', OutOfRangeError)).toThrow(OutOfRangeError);
  });
});

describe('a whole number', () => {
  it('is given back', () => {
    expect(checkWhole('size', 1)).toBe(1);
    expect(checkWhole('size', 0, 0, 5)).toBe(0);
    expect(checkWhole('size', 5, 0, 5)).toBe(5);
    expect(checkWhole('size', Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', 5n, null, undefined])(
    'case %#: is none, or too small or large',
    (value) => {
      expect(() => checkWhole('size', value)).toThrow(
        `size is ${shown(value)}; use a whole number, at least 1`,
      );
    },
  );

  it('names both ends of its range', () => {
    expect(() => checkWhole('size', 6, 2, 5)).toThrow('size is 6; use a whole number from 2 to 5');
    expect(() => checkWhole('size', 1, 2, 5)).toThrow('size is 1; use a whole number from 2 to 5');
  });
});

it('a string is given back', () => {
  expect(checkString('plan', '')).toBe('');
  expect(() => checkString('plan', 5)).toThrow('plan is 5; use a string');
});

describe('text', () => {
  it('is counted in bytes, and given back', () => {
    expect(checkText('name', 'é', 2)).toBe('é');
    expect(() => checkText('name', 'é', 1)).toThrow(
      'name, 2 bytes long, is "é"; use well-formed text of 1 to 1 bytes',
    );
  });

  it.each(['', '\udc00', 5, null, undefined])('case %#: is none', (value) => {
    expect(() => checkText('name', value, 9)).toThrow('use well-formed text of 1 to 9 bytes');
  });
});

it('one of those allowed', () => {
  expect(() => checkOneOf('mode', 'fast', ['fast', 'safe'])).not.toThrow();
  expect(() => checkOneOf('mode', 'quick', ['fast', 'safe'])).toThrow(
    'mode is "quick"; use "fast" or "safe"',
  );
  expect(() => checkOneOf('flag', 1, [true, false])).toThrow('flag is 1; use true or false');
});

it('a function', () => {
  expect(() => checkFunction('load', () => {})).not.toThrow();
  expect(() => checkFunction('load', 'now')).toThrow('load is "now"; use a function');
});

describe('options', () => {
  it('are an object, and given back', () => {
    const options = { size: 1 };
    expect(checkObject('options', options)).toBe(options);
    for (const value of [null, 5, 'order-1', [], () => {}]) {
      expect(() => checkObject('options', value)).toThrow(
        `options is ${shown(value)}; use an object, or leave it out`,
      );
    }
  });

  it('are not to be left out where they are missed', () => {
    expect(() => checkObject('options', undefined)).toThrow(/^options is undefined; use an object$/);
  });

  it('have names that are known', () => {
    expect(() => checkNames('an option of open', { size: 1 }, ['size', 'mode'])).not.toThrow();
    expect(() => checkNames('an option of open', { sise: 1 }, ['size', 'mode'])).toThrow(
      'an option of open is "sise"; use size, mode',
    );
  });

  it('are both, and given back', () => {
    const options = { size: 1 };
    expect(checkOptions(options, ['size', 'mode'])).toBe(options);
    expect(() => checkOptions('size', ['size'])).toThrow('options is "size"; use an object');
    expect(() => checkOptions({ sise: 1 }, ['size', 'mode'])).toThrow('an option is "sise"; use size, mode');
    expect(() => checkOptions(null, ['size'], 'box')).toThrow('box is null; use an object');
    expect(() => checkOptions({ sise: 1 }, ['size'], 'box')).toThrow('an option of box is "sise"; use size');
  });
});

describe('a clock', () => {
  it('has all methods of one', () => {
    expect(() => checkClock(systemClock)).not.toThrow();
    for (const name of ['now', 'monotonic', 'startTimer'] as const) {
      expect(() => checkClock({ ...systemClock, [name]: 5 as never })).toThrow(
        `clock.${name} is 5; use a function`,
      );
    }
    for (const none of [null, undefined, 5] as never[]) {
      expect(() => checkClock(none)).toThrow('clock.now is undefined; use a function');
    }
  });
});

describe('what a function gives at once', () => {
  it('is given back, a field called "then" included', () => {
    const data: unknown = JSON.parse('{"if":1,"then":2}');
    for (const answer of [data, null, undefined, 0, '', () => {}])
      expect(checkAtOnce('f()', answer)).toBe(answer);
  });

  it('is no promise, and one that fails is no unhandled rejection', async () => {
    const refused = 'f() is [object Promise]; use what it resolves to';
    expect(() => checkAtOnce('f()', Promise.reject(new Error('too late')))).toThrow(refused);
    expect(() => checkAtOnce('f()', Object.fromEntries([['then', () => {}]]))).toThrow(
      'f() is [object Object]; use what',
    );
    await new Promise(setImmediate);
  });

  it('is for random numbers from 0 to below 1', () => {
    for (const share of [0, 0.5, 1 - Number.EPSILON]) expect(draw(() => share)).toBe(share);
    for (const share of [1, -0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => draw(() => share)).toThrow(`random() is ${share}; use a number from 0 to below 1`);
    }
    expect(() => draw((async () => 0.5) as never)).toThrow('random() is [object Promise]');
  });
});
