/** Puts something into a memory of limited size; what was put in longest ago makes room. */
export function remember<Value>(memory: Map<string, Value>, name: string, value: Value, limit: number): void {
  memory.delete(name);
  memory.set(name, value);
  const [oldest] = memory.keys();
  if (oldest !== undefined && memory.size > limit) memory.delete(oldest);
}
