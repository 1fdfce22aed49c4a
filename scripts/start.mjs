import { runApplication } from './application.mjs';
import { foldersOf } from './workspace.mjs';

const defaultExample = 'word-count';

/**
 * The example to run and its arguments: the first argument picks an example if it names one.
 * @param {readonly string[]} args
 * @param {readonly string[]} examples
 */
export function chooseExample(args, examples) {
  const [first, ...rest] = args;
  return first !== undefined && examples.includes(first)
    ? { example: first, args: rest }
    : { example: defaultExample, args };
}

/** @param {readonly string[]} args */
export async function main(args) {
  const chosen = chooseExample(args, foldersOf('examples'));
  return runApplication(`examples/${chosen.example}`, chosen.args);
}
