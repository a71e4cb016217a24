// What all handlers on Node share: parameters, what is refused, and answers that name the process.

"use strict";

const MAX_MS = 10_000;
const TEXT = "text/plain; charset=utf-8";

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function wholeNumber(query, name, { least = 0, most }) {
  const text = query.get(name);
  if (text === null) throw new Refused(400, `${name}: the parameter is missing`);
  if (!/^-?[0-9]+$/.test(text)) throw new Refused(400, `${name}: not a whole number`);
  const number = Number(text);
  if (number < least || number > most) throw new Refused(400, `${name}: not between ${least} and ${most}`);
  return number;
}

function answer(response, status, type, body) {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "x-served-by": String(process.pid),
  });
  response.end(body);
}

function json(response, document, status = 200) {
  answer(response, status, "application/json", JSON.stringify(document));
}

module.exports = { MAX_MS, Refused, TEXT, answer, json, wholeNumber };
