import { install } from './workspace.mjs';

/** Installs the dependencies and nothing else. */
export async function main() {
  return install();
}
