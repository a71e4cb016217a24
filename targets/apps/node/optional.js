// The optional endpoints of the contract on Node's http, with the limits of orders.py and streams.py.

"use strict";

const { setImmediate: yieldOnce, setTimeout: sleep } = require("node:timers/promises");
const { crc32 } = require("node:zlib");

const { MAX_MS, Refused, TEXT, answer, json, wholeNumber } = require("./responses.js");

const MAX_BODY = 65_536;
const MAX_QUANTITY = 1_000_000;
const MAX_PRICE_CENTS = 1_000_000_000;
const MAX_PIECES = 10_000;
const MAX_UPLOAD = 16 * 1024 * 1024;

// Those of pages.py.
const MESSAGES = [
  "A cache that is never wrong is a variable.",
  "A queue is a promise to be late.",
  "After the first retry comes the second.",
  "All clocks agree until they are asked.",
  "An average is where nobody lives.",
  "Every timeout is somebody else waiting.",
  "It was fast before it was measured.",
  "Locks are polite; lock holders are not.",
  "Nobody waits in a closed loop.",
  "Nothing is as permanent as a temporary file.",
  "<script>alert(1 && 2)</script>",
  "One connection is not a load.",
  "Ready is an answer, not a time.",
  "Somewhere a garbage collector is choosing the moment.",
  "The fastest answer is a wrong one.",
  "The last percent is most of the story.",
  "Threads share everything, the blame too.",
  "Two numbers that differ are not yet a difference.",
  "What is void is shown, and never ranked.",
  "フレームワークのベンチマーク",
];

let done = 0;

async function validated(query, response, request) {
  const pieces = [];
  await read(request, MAX_BODY, (piece) => pieces.push(piece));
  let order;
  try {
    order = JSON.parse(Buffer.concat(pieces));
  } catch {
    throw new Refused(400, "the body is not JSON");
  }
  json(response, receipt(order));
}

function receipt(order) {
  insist(isObject(order) && isObject(order.customer), "customer: not an object");
  const { customer, items } = order;
  insist(isText(customer.name), "customer.name: not a text that says something");
  insist(isText(customer.email) && customer.email.includes("@"), "customer.email: without @");
  insist(Array.isArray(items) && items.length > 0, "items: not a list that holds something");
  let cents = 0;
  for (const item of items) {
    insist(isObject(item) && isText(item.sku), "sku: not a text that says something");
    insist(isWhole(item.quantity, 1, MAX_QUANTITY), "quantity: not a whole number, or beyond its limits");
    insist(isWhole(item.price_cents, 0, MAX_PRICE_CENTS), "price_cents: not a whole number, or beyond its limits");
    cents += item.quantity * item.price_cents;
  }
  return { customer: customer.name, items: items.length, total_cents: cents };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value !== "";
const isWhole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;

function insist(right, message) {
  if (!right) throw new Refused(400, message);
}

// Takes the pieces of a body as they arrive, and refuses one that is too large as soon as that is seen.
async function read(request, most, take) {
  let bytes = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    bytes += piece.length;
    if (bytes > most) break;
    take(piece);
  }
  if (bytes > most) {
    request.resume(); // the rest is read and forgotten, so that the connection can be used again
    throw new Refused(413, `the body is larger than ${most} bytes`);
  }
  return bytes;
}

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

function template(query, response) {
  const rows = MESSAGES.map((message, index) => {
    const text = message.replace(/[&<>"']/g, (mark) => ESCAPED[mark]);
    return `<tr><td>${index + 1}</td><td>${text}</td></tr>\n`;
  });
  const page = `<!DOCTYPE html>
<html>
<head><title>Fortunes</title></head>
<body>
<table>
<tr><th>id</th><th>message</th></tr>
${rows.join("")}</table>
</body>
</html>`;
  answer(response, 200, "text/html; charset=utf-8", page);
}

async function sendPieces(query, response, name, type, piece) {
  const count = wholeNumber(query, name, { least: 1, most: MAX_PIECES });
  const gapMs = wholeNumber(query, "gap_ms", { most: MAX_MS });
  response.writeHead(200, { "content-type": type, "x-served-by": String(process.pid) });
  for (let number = 0; number < count && !response.destroyed; number++) {
    if (number > 0) await (gapMs > 0 ? sleep(gapMs) : yieldOnce()); // a timer of 0 ms takes 1 ms
    response.write(piece(number));
  }
  response.end();
}

function stream(query, response) {
  return sendPieces(query, response, "chunks", TEXT, (number) => `chunk ${number}\n`);
}

function events(query, response) {
  return sendPieces(query, response, "count", "text/event-stream", (number) => `data: ${number}\n\n`);
}

async function upload(query, response, request) {
  let sum = 0;
  const bytes = await read(request, MAX_UPLOAD, (piece) => {
    sum = crc32(piece, sum);
  });
  json(response, { bytes, crc32: sum.toString(16).padStart(8, "0") });
}

function background(query, response) {
  response.on("finish", () => {
    done += 1;
  });
  json(response, { accepted: true });
}

const ROUTES = [
  ["/validated", { POST: validated }],
  ["/template", { GET: template }],
  ["/stream", { GET: stream }],
  ["/events", { GET: events }],
  ["/upload", { POST: upload }],
  ["/background", { POST: background }],
  ["/background/done", { GET: (query, response) => json(response, { pid: process.pid, done }) }],
];

module.exports = { ROUTES };
