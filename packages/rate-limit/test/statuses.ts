/** The statuses of requests made one after the other. */
export async function statuses(
  url: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<number[]> {
  const found: number[] = [];
  for (let position = 0; position < count; position += 1) {
    const response = await fetch(url, { headers });
    await response.text();
    found.push(response.status);
  }
  return found;
}
