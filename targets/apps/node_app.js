// The contract on Node's http, without a framework: a reference from outside Python.
//
// Node has no call that blocks, other than by trick: a blocking wait is its timer, as the cooperative one.

"use strict";

const http = require("node:http");

const MAX_STEPS = 10_000_000;
const MAX_MS = 10_000;
const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";
const KEEP_ALIVE_MS = 75_000;

class BadParameter extends Error {}

let served = 0;

function wholeNumber(query, name, limit) {
  const text = query.get(name);
  if (text === null) throw new BadParameter(`${name}: the parameter is missing`);
  if (!/^-?[0-9]+$/.test(text)) throw new BadParameter(`${name}: not a whole number`);
  const number = Number(text);
  if (number < 0 || number > limit) throw new BadParameter(`${name}: not between 0 and ${limit}`);
  return number;
}

// The generator of work.py; Math.imul multiplies modulo 2**32, as its mask does.
function spin(steps) {
  let state = 0;
  for (let step = 0; step < steps; step++) state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
  return { steps, digest: state.toString(16).padStart(8, "0") };
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
  answer(response, status, JSON_TYPE, JSON.stringify(document));
}

function wait(query, response) {
  const ms = wholeNumber(query, "ms", MAX_MS);
  setTimeout(() => json(response, { waited_ms: ms }), ms);
}

// The one way to stop this loop without burning the processor: nobody else is served meanwhile.
function waitMistake(query, response) {
  const ms = wholeNumber(query, "ms", MAX_MS);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  json(response, { waited_ms: ms });
}

const ROUTES = new Map([
  ["/plain", (query, response) => answer(response, 200, TEXT, "Hello, World!")],
  ["/json", (query, response) => json(response, { message: "Hello, World!" })],
  ["/cpu", (query, response) => json(response, spin(wholeNumber(query, "steps", MAX_STEPS)))],
  ["/wait/blocking", wait],
  ["/wait/cooperative", wait],
  ["/wait/mistake", waitMistake],
  ["/count", (query, response) => json(response, { pid: process.pid, count: served })],
]);

const server = http.createServer((request, response) => {
  served += 1;
  const mark = request.url.indexOf("?");
  const path = mark < 0 ? request.url : request.url.slice(0, mark);
  const handler = ROUTES.get(path);
  if (handler === undefined) return json(response, { error: "Not Found" }, 404);
  try {
    handler(new URLSearchParams(mark < 0 ? "" : request.url.slice(mark + 1)), response);
  } catch (error) {
    if (!(error instanceof BadParameter)) throw error;
    json(response, { error: error.message }, 400);
  }
});

const [host, port] = process.argv.slice(2);
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen({ host, port: Number(port), backlog: 2048 });
