// The contract on Node's http, without a framework: a reference from outside Python.
//
// Node has no call that blocks, other than by trick: a blocking wait is its timer, as the cooperative one.

"use strict";

const http = require("node:http");

const { MAX_MS, Refused, TEXT, answer, json, wholeNumber } = require("./responses.js");
const backends = require("./backends.js");
const optional = require("./optional.js");

const MAX_STEPS = 10_000_000;
const KEEP_ALIVE_MS = 75_000;

let served = 0;

// The generator of work.py; Math.imul multiplies modulo 2**32, as its mask does.
function spin(steps) {
  let state = 0;
  for (let step = 0; step < steps; step++) state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
  return { steps, digest: state.toString(16).padStart(8, "0") };
}

function wait(query, response) {
  const ms = wholeNumber(query, "ms", { most: MAX_MS });
  setTimeout(() => json(response, { waited_ms: ms }), ms);
}

// The one way to stop this loop without burning the processor: nobody else is served meanwhile.
function waitMistake(query, response) {
  const ms = wholeNumber(query, "ms", { most: MAX_MS });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  json(response, { waited_ms: ms });
}

const ROUTES = new Map([
  ["/plain", { GET: (query, response) => answer(response, 200, TEXT, "Hello, World!") }],
  ["/json", { GET: (query, response) => json(response, { message: "Hello, World!" }) }],
  ["/cpu", { GET: (query, response) => json(response, spin(wholeNumber(query, "steps", { most: MAX_STEPS }))) }],
  ["/wait/blocking", { GET: wait }],
  ["/wait/cooperative", { GET: wait }],
  ["/wait/mistake", { GET: waitMistake }],
  ["/count", { GET: (query, response) => json(response, { pid: process.pid, count: served }) }],
  ...optional.ROUTES,
  ...backends.ROUTES,
]);

const server = http.createServer(async (request, response) => {
  served += 1;
  const mark = request.url.indexOf("?");
  const methods = ROUTES.get(mark < 0 ? request.url : request.url.slice(0, mark));
  if (methods === undefined) return json(response, { error: "Not Found" }, 404);
  const handler = methods[request.method];
  if (handler === undefined) return json(response, { error: "Method Not Allowed" }, 405);
  try {
    await handler(new URLSearchParams(mark < 0 ? "" : request.url.slice(mark + 1)), response, request);
  } catch (error) {
    if (request.errored) return; // the client left before its request was whole
    if (!(error instanceof Refused)) throw error;
    json(response, { error: error.message }, error.status);
  }
});

const [host, port] = process.argv.slice(2);
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen({ host, port: Number(port), backlog: 2048 });
