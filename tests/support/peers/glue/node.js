// npm's tftp: `get` or `put` HOST PORT REMOTE LOCAL, or `serve` HOST PORT ROOT.
"use strict";

const tftp = require(process.env.NODE_TFTP);
const [verb, host, port, first, second] = process.argv.slice(2);

function ended(error) {
  if (error) console.error("node tftp: " + error.message);
  process.exit(error ? 1 : 0);
}

if (verb === "serve") {
  const server = tftp.createServer({ host, port: Number(port), root: first });
  server.on("error", (error) => console.error(error.message));
  server.on("request", (request) => request.on("error", (error) => console.error(error.message)));
  server.listen();
} else {
  const client = tftp.createClient({ host, port: Number(port) });
  if (verb === "get") client.get(first, second, ended);
  else client.put(second, first, ended);
}
