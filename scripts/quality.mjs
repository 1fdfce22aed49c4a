import { runApplication } from './application.mjs';

/** @param {readonly string[]} args */
export async function main(args) {
  return runApplication('benchmarks', args, 'quality/main.ts');
}
