// Runs obscenity from npm. The protocol is python_worker.py's.
"use strict";

const readline = require("node:readline");
const obscenity = require("obscenity");
const { version } = require(`${process.env.NODE_PATH}/obscenity/package.json`);

// Letters that its English transformers leave doubled; others are collapsed to one in the text, so
// that a term must be written so too.
const DOUBLED = "beolsg";

function collapsed(term) {
  return term.toLowerCase().replace(/(.)\1+/gu, (run, letter) =>
    DOUBLED.includes(letter) ? letter + letter : letter,
  );
}

function matcher(terms) {
  const transformers = obscenity.englishRecommendedTransformers;
  if (terms === null) {
    return new obscenity.RegExpMatcher({ ...obscenity.englishDataset.build(), ...transformers });
  }
  const patterns = [...new Set(terms.map(collapsed))].map((term) =>
    obscenity.parseRawPattern("|" + term.replace(/[[\]|?\\]/g, "\\$&") + "|"),
  );
  return new obscenity.RegExpMatcher({
    blacklistedTerms: obscenity.assignIncrementingIds(patterns),
    ...transformers,
  });
}

let known = "null";
let current = matcher(null);

console.log(JSON.stringify({ version }));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { terms, texts } = JSON.parse(line);
  if (JSON.stringify(terms) !== known) {
    known = JSON.stringify(terms);
    current = matcher(terms);
  }
  const started = process.cpuUsage();
  const flags = texts.map((text) => current.hasMatch(text));
  const spent = process.cpuUsage(started);
  const answer = { flags, cpu_seconds: (spent.user + spent.system) / 1e6 };
  console.log(JSON.stringify(answer));
});
