// Plain syntax and no imports on purpose: a Node that is too old must get as far as the message.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;

if (supported) {
  const [command, ...rest] = process.argv.slice(2);
  // pnpm hands the "--" on that npm takes away.
  const args = rest[0] === '--' ? rest.slice(1) : rest;
  import(`./${command}.mjs`)
    .then(({ main }) => main(args))
    .then((exitCode) => {
      process.exitCode = exitCode;
    });
} else {
  console.error(
    `This repository needs Node 20.19 or later (22.12 or later of Node 22, or any of 24 and up), and this is Node ${process.versions.node}.\n` +
      'Get a current one from https://nodejs.org, then run the same command again.',
  );
  process.exitCode = 1;
}
