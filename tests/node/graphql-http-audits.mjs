// Runs the audits of graphql-http against a running server: node graphql-http-audits.mjs http://127.0.0.1:8080/graphql
// Exits with 0 only if each of the 61 is ok, those that are optional included.
import { auditServer } from 'graphql-http';

const EXPECTED = 61;
const url = process.argv[2] ?? 'http://127.0.0.1:8080/graphql';
const results = await auditServer({ url, fetchFn: fetch });
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of failed) {
  console.error(`${status} ${id} ${name}\n    ${reason}`);
}
console.log(`${results.length - failed.length} of ${results.length} audits ok`);
if (results.length !== EXPECTED) {
  console.error(`expected ${EXPECTED} audits: the package has changed`);
}
process.exit(failed.length === 0 && results.length === EXPECTED ? 0 : 1);
