/** Whether a value is a list or an object of no class; also from another realm, which has classes of its own. */
export function isOfNoClass(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return Array.isArray(prototype);
  return prototype === null || prototype === Object.prototype || isForeignRoot(prototype);
}

function isForeignRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

/** The first key whose property JSON leaves out without a word: a symbol, or one beside the elements of a list. */
export function keyLeftOut(value: object): PropertyKey | undefined {
  const symbol = Object.getOwnPropertySymbols(value).find((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key),
  );
  // Elements come first. Where one is missing, that is found by itself.
  return symbol ?? (Array.isArray(value) ? Object.keys(value)[value.length] : undefined);
}

/** The first key whose property no copy has as it is: one that is left out, is hidden, or is computed when it is read. */
export function keyAltered(value: object): PropertyKey | undefined {
  const keys = Reflect.ownKeys(value);
  // After the elements comes the length. They are not looked at one by one: there may be many.
  if (Array.isArray(value)) return keys[keys.lastIndexOf('length') + 1];
  return keys.find((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    return typeof key === 'symbol' || !property?.enumerable || !('value' in property);
  });
}
