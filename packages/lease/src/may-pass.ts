/** Whether a failed write may have been applied. */
export function isUnknown(error: unknown): boolean {
  return (error as { readonly outcome?: unknown } | undefined)?.outcome === 'unknown';
}

/** Whether the same try may succeed later. */
export function mayPass(error: unknown): boolean {
  return isUnknown(error) || (error as { readonly retryable?: unknown } | undefined)?.retryable === true;
}
