// Asks the Runtime API for events and hands them to a handler. AWS's own client,
// aws-lambda-ric, compiles C++ with CMake at its installation, which is more than
// a benchmark should ask for; this does less than that client, never more.

import http from "node:http";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [file, name] = process.argv[2].split(".");
const handler = (await import(`./${file}.mjs`))[name];

for (;;) {
  const next = await call("GET", "next");
  const id = next.headers["lambda-runtime-aws-request-id"];
  try {
    const result = await handler(JSON.parse(next.body));
    await call("POST", `${id}/response`, JSON.stringify(result ?? null));
  } catch (error) {
    const report = { errorType: error.name, errorMessage: error.message };
    await call("POST", `${id}/error`, JSON.stringify(report));
  }
}

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const options = { host, port, method, headers, agent, path: `/2018-06-01/runtime/invocation/${path}` };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}
