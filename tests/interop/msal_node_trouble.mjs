// What MSAL Node makes of a tenant in trouble: throttled, broken, out of time, or with its state changed under the library.
// Drives the lab by its control address, so it has one of its own, and the tests come one after the other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthError, ConfidentialClientApplication, PublicClientApplication, ServerError } from '@azure/msal-node';

const lab = JSON.parse(process.env.LAB);
const app = (key) => lab.stock.applications.find((entry) => entry.key === key);
const person = lab.stock.users.find((entry) => entry.key === 'mina');
const scopes = ['api://northwind-catalog/.default'];
const auth = (key, more) => ({
  clientId: app(key).client_id, authority: lab.authority, knownAuthorities: [lab.host], ...more,
});
const daemon = () =>
  new ConfidentialClientApplication({ auth: auth('inventory-sync', { clientSecret: app('inventory-sync').client_secret }) });
const publicApp = (key) => new PublicClientApplication({ auth: auth(key) });

async function order(what) {
  const answer = await fetch(new URL('orders', lab.control), {
    method: 'POST',
    headers: { authorization: `Bearer ${lab.controlToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(what),
  });
  assert.equal(answer.status, 200, await answer.text());
}
const fault = (endpoint, kind, requests) => order({ order: 'fault', fault: { endpoint, kind, requests } });

async function thrown(promise) {
  const why = await promise.then((done) => assert.fail(`it went through: ${JSON.stringify(done)}`), (error) => error);
  assert.ok(why instanceof AuthError, why.stack);
  return why;
}

test('a throttled library leaves the tenant alone until the time is over', async () => {
  const client = daemon();
  await client.acquireTokenByClientCredential({ scopes });
  await fault('token', { tooManyRequests: { retryAfter: 2 } }, 1);
  const first = await thrown(client.acquireTokenByClientCredential({ scopes, skipCache: true }));
  assert.ok(first instanceof ServerError, first.stack);
  // The tenant is well again, and the library does not ask.
  const again = await thrown(client.acquireTokenByClientCredential({ scopes, skipCache: true }));
  const [trace] = /(?<=Trace ID: )[0-9a-f-]{36}/.exec(first.message);
  assert.ok(again.message.includes(trace), again.message);
  const other = await daemon().acquireTokenByClientCredential({ scopes });
  assert.equal(other.fromCache, false, 'another one is not throttled');
  await new Promise((done) => { setTimeout(done, 2500); });
  assert.equal((await client.acquireTokenByClientCredential({ scopes, skipCache: true })).fromCache, false);
});

test('a broken tenant is told from one that refuses', async () => {
  for (const kind of ['serverError', { unavailable: {} }, 'malformedJson', 'emptyBody', 'droppedConnection']) {
    // A library may try again by itself.
    await fault('token', kind, 8);
    const why = await thrown(daemon().acquireTokenByClientCredential({ scopes }));
    assert.notEqual(why.errorCode, 'invalid_client', JSON.stringify(kind));
    await order({ order: 'clearFaults' });
  }
  await daemon().acquireTokenByClientCredential({ scopes });
});

test('a tenant without metadata is no authority', async () => {
  await fault('metadata', 'serverError', 8);
  await thrown(daemon().acquireTokenByClientCredential({ scopes }));
  await order({ order: 'clearFaults' });
});

test('a device code that is over ends the waiting', async () => {
  let late;
  const why = await thrown(publicApp('kiosk').acquireTokenByDeviceCode({
    scopes: ['User.Read'],
    deviceCodeCallback: (shown) => { late = order({ order: 'moveClock', seconds: shown.expiresIn }); },
  }));
  await late;
  assert.match(why.message, /expired_token/);
  await order({ order: 'resetClock' });
});

test('what changes in the directory is met with the next request', async () => {
  const client = publicApp('handheld');
  const { username, password } = person;
  const { account } = await client.acquireTokenByUsernamePassword({ username, password, scopes: ['User.Read'] });
  const fresh = () => client.acquireTokenSilent({ account, scopes: ['User.Read'], forceRefresh: true });
  await fresh();
  const enabled = (value) => order({
    order: 'edit', change: { edit: 'set', of: 'users', entry: 'mina', members: { accountEnabled: value } },
  });
  await enabled(false);
  const off = await thrown(fresh());
  assert.equal(Number(off.errorNo), 50057, off.message);
  await enabled(true);
  await fresh();
  await order({ order: 'revokeSessions', user: 'mina' });
  const revoked = await thrown(fresh());
  assert.equal(Number(revoked.errorNo), 50173, revoked.message);
});
