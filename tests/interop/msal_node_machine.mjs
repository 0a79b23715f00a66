// The lab's managed identities against MSAL Node. The library decides once in a process on what kind of machine it runs, by
// the environment; so this is run once for each kind. `SOURCE` is the kind that the library should find.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthError, ManagedIdentityApplication } from '@azure/msal-node';

const lab = JSON.parse(process.env.LAB);
const resource = 'api://northwind-catalog';
const identity = (kind) => lab.stock.managed_identities.find((entry) => entry.kind === kind);
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const [system, user] = [identity('system'), identity('user')];

for (const [name, managedIdentityIdParams, expected] of [
  ["the machine's own identity", undefined, system],
  ['an assigned one by its client id', { userAssignedClientId: user.client_id }, user],
  ['an assigned one by its object id', { userAssignedObjectId: user.object_id }, user],
  ['an assigned one by its resource id', { userAssignedResourceId: user.resource_id }, user],
]) {
  test(name, async () => {
    const client = new ManagedIdentityApplication({ managedIdentityIdParams });
    assert.equal(client.getManagedIdentitySource(), process.env.SOURCE);
    const result = await client.acquireToken({ resource });
    const claims = claimsOf(result.accessToken);
    assert.deepEqual([claims.oid, claims.roles], [expected.object_id, ['Catalog.Read.All']]);
    assert.ok(Math.abs(result.expiresOn - claims.exp * 1000) < 10_000, 'its lifetime is read as a number');
  });
}

test('one that is not there', async () => {
  const client = new ManagedIdentityApplication({
    managedIdentityIdParams: { userAssignedClientId: crypto.randomUUID() }, system: { disableInternalRetries: true },
  });
  await assert.rejects(client.acquireToken({ resource }), (why) => {
    assert.ok(why instanceof AuthError);
    assert.match(why.message, /Identity not found/);
    return true;
  });
});
