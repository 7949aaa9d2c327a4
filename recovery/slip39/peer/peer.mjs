// Someone else's SLIP-0039 (npm slip39), asked by lines of JSON on standard
// input, one answer a line. Secrets are hexadecimal.
//
//   {"split": {"secret", "passphrase", "threshold", "groups": [[t, n]], "exponent", "extendable"}}
//     → {"groups": [["words …"]]}
//   {"combine": {"shares": ["words …"], "passphrase"}}
//     → {"secret"}
//
// What it refuses is {"refused": "why"}.
import { createInterface } from "node:readline";
import slip39 from "slip39";

const bytes = (hex) => [...Buffer.from(hex, "hex")];

function split({ secret, passphrase, threshold, groups, exponent, extendable }) {
  const made = slip39.fromArray(bytes(secret), {
    passphrase,
    threshold,
    groups,
    iterationExponent: exponent,
    extendableBackupFlag: extendable ? 1 : 0,
  });
  return { groups: groups.map((_, i) => made.fromPath(`r/${i}`).mnemonics) };
}

function combine({ shares, passphrase }) {
  return { secret: Buffer.from(slip39.recoverSecret(shares, passphrase)).toString("hex") };
}

function answer(line) {
  const asked = JSON.parse(line);
  try {
    return asked.split ? split(asked.split) : combine(asked.combine);
  } catch (err) {
    return { refused: String(err.message ?? err) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(answer(line)) + "\n");
}
