// The endpoints that ask the delay service, on Node: with its fetch, and over a bare socket.

"use strict";

const { once } = require("node:events");
const net = require("node:net");

const { MAX_MS, Refused, json, wholeNumber } = require("./responses.js");

const TIMEOUT_MS = 30_000;

const idle = [];

async function waitByFetch(ms) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answered = await fetch(`${process.env.DELAYS_URL}/?ms=${ms}`, { signal });
  await answered.text();
  if (!answered.ok) throw new Error(`the delay service answered ${answered.status}`);
}

// What delays/with_sockets.py is to threads: a socket and nothing else, kept for the next request.
async function waitBare(ms) {
  const connection = idle.pop() ?? (await connect());
  connection.socket.write(`GET /?ms=${ms} HTTP/1.1\r\nHost: delays\r\n\r\n`);
  let received = "";
  while (!isWhole(received)) {
    const { value, done } = await connection.pieces.next();
    if (done) throw new Error("the delay service closed the connection before it had answered");
    received += value;
  }
  if (!received.startsWith("HTTP/1.1 200 ")) throw new Error(`the delay service answered ${received.split("\r\n", 1)}`);
  idle.push(connection);
}

async function connect() {
  const { hostname, port } = new URL(process.env.DELAYS_URL);
  const socket = net.connect({ host: hostname, port, noDelay: true }).setEncoding("latin1");
  await once(socket, "connect");
  return { socket, pieces: socket[Symbol.asyncIterator]() };
}

function isWhole(received) {
  const [head, body] = received.split("\r\n\r\n");
  return body !== undefined && body.length >= Number(/^content-length: (\d+)/im.exec(head)[1]);
}

function delayed(wait) {
  return async (query, response) => {
    const ms = wholeNumber(query, "ms", { most: MAX_MS });
    try {
      await wait(ms);
    } catch (error) {
      throw new Refused(502, error.message);
    }
    json(response, { waited_ms: ms });
  };
}

const ROUTES = [
  ["/delay", { GET: delayed(waitByFetch) }],
  ["/delay/bare", { GET: delayed(waitBare) }],
];

module.exports = { ROUTES };
