// The lab tenant against MSAL Node, as it is: every flow it has, over https, and the errors its callers branch on; and the
// cross-origin requests that MSAL Browser makes from a page. `LAB` says where the tenant is and what it is stocked with.
import assert from 'node:assert/strict';
import { X509Certificate, createHash, createPublicKey, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  AuthError, ClientAuthError, ConfidentialClientApplication, CryptoProvider, InteractionRequiredAuthError,
  PublicClientApplication, ServerError,
} from '@azure/msal-node';

const lab = JSON.parse(process.env.LAB);
const thumbprintSha256 = new X509Certificate(lab.certificate).fingerprint256.replaceAll(':', '');
const CATALOG = 'api://northwind-catalog';
const VAULT = 'https://vault.azure.net/user_impersonation';
const GRAPH = 'https://graph.microsoft.com/.default';

const one = (list, key) => lab.stock[list].find((entry) => entry.key === key);
const app = (key) => one('applications', key);
const person = (key) => one('users', key);
const parts = (token) => token.split('.').map((part) => Buffer.from(part, 'base64url'));
const claimsOf = (token) => JSON.parse(parts(token)[1]);
const sha256 = (text) => createHash('sha256').update(text).digest();

const keys = (await (await fetch(`${lab.authority}/discovery/v2.0/keys`)).json()).keys;

/** The claims of a token whose signature holds. */
function verified(token, audience) {
  const [header, payload, signature] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url'));
  const key = createPublicKey({ key: keys.find((known) => known.kid === kid), format: 'jwk' });
  assert.ok(verify('sha256', `${header}.${payload}`, key, Buffer.from(signature, 'base64url')), 'the signature holds');
  const claims = claimsOf(token);
  assert.equal(claims.aud, audience);
  return claims;
}

const auth = (key, more) => ({
  clientId: app(key).client_id, authority: lab.authority, knownAuthorities: [lab.host], ...more,
});
const publicApp = (key, more = {}) => new PublicClientApplication({ auth: auth(key, more) });
const confidential = (key, more = { clientSecret: app(key).client_secret }) =>
  new ConfidentialClientApplication({ auth: auth(key, more) });

/** A browser reduced to cookies, redirects and forms, with somebody in front of it. */
class Browser {
  constructor(who, { userCode = '', button = 'next' } = {}) {
    this.jar = new Map();
    this.button = button;
    this.typed = {
      loginfmt: who.username, passwd: who.password, otc: who.one_time_code ?? '', user_code: userCode,
    };
  }

  /** Goes on until a page has no form, and gives that; or until it would go to `until`, and gives what it would bring. */
  async visit(url, until) {
    let fields;
    for (let steps = 0; steps < 16; steps += 1) {
      const target = new URL(url);
      if (until && `${target.origin}${target.pathname}`.replace(/\/$/, '') === until.replace(/\/$/, '')) {
        return fields ?? Object.fromEntries(new URLSearchParams(target.search.slice(1) || target.hash.slice(1)));
      }
      const answer = await fetch(url, {
        method: fields ? 'POST' : 'GET',
        body: fields && new URLSearchParams(fields),
        headers: { cookie: [...this.jar].map((pair) => pair.join('=')).join('; ') },
        redirect: 'manual',
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
        this.jar.set(name, value);
      }
      const text = await answer.text();
      const location = answer.headers.get('location');
      const form = /<form [^>]*>.*?<\/form>/s.exec(text)?.[0];
      if (location) [url, fields] = [new URL(location, url).href, undefined];
      else if (form) [url, fields] = [new URL(attribute(form, 'action'), url).href, this.filled(form)];
      else return { text, headers: answer.headers };
    }
    throw new Error('the sign-in does not end');
  }

  filled(form) {
    const fields = {};
    for (const [input] of form.matchAll(/<input [^>]*>/g)) {
      const name = attribute(input, 'name');
      if (name && attribute(input, 'type') !== 'checkbox') fields[name] = this.typed[name] || attribute(input, 'value');
    }
    const buttons = [...form.matchAll(/<button [^>]*>/g)].map(([tag]) => [attribute(tag, 'name'), attribute(tag, 'value')]);
    // Whoever wants to say no does so as soon as there is somebody to say it.
    const wanted = this.button === 'next' || !fields.flow_token || 'passwd' in fields ? ['next', 'other'] : [this.button];
    const pressed = buttons.find(([name, value]) => name === 'login' && value === this.typed.loginfmt)
      ?? buttons.find(([, value]) => wanted.includes(value));
    if (pressed) fields[pressed[0]] = pressed[1];
    return fields;
  }
}

function attribute(tag, name) {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  return value.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');
}

/** Expects the library to throw, and gives what it threw. */
async function thrown(promise, kind = AuthError) {
  const why = await promise.then((done) => assert.fail(`it went through: ${JSON.stringify(done)}`), (error) => error);
  assert.ok(why instanceof kind, `${why.constructor.name}: ${why.stack}`);
  return why;
}

/** Expects the library to throw what it makes of that number. */
async function refused(promise, kind, error, code) {
  const why = await thrown(promise, kind);
  assert.deepEqual([why.errorCode, Number(why.errorNo)], [error, code], why.message);
  assert.match(why.message, new RegExp(`AADSTS${code}: `));
  return why;
}

const redirects = { desktop: 'http://localhost:53996', 'admin-portal': 'http://localhost:7082/signin-oidc' };

/** The authorization code flow by hand, as a web application does it. */
async function codeFlow(client, key, { who = 'mina', scopes = ['User.Read'], ...more } = {}) {
  const redirectUri = redirects[key];
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const url = await client.getAuthCodeUrl({
    scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256', state: 'a|b=c&é', ...more,
  });
  const answer = await new Browser(person(who)).visit(url, redirectUri);
  assert.equal(answer.state, 'a|b=c&é', JSON.stringify(answer));
  return { url, answer, request: { code: answer.code, scopes, redirectUri, codeVerifier: verifier, nonce: more.nonce } };
}

async function signedIn(key = 'desktop', more = {}, client = publicApp(key)) {
  const { request } = await codeFlow(client, key, more);
  return { client, result: await client.acquireTokenByCode(request) };
}

const everything = { concurrency: true };

describe('an application by itself', everything, () => {
  const scopes = [`${CATALOG}/.default`];

  async function check(client, key) {
    const result = await client.acquireTokenByClientCredential({ scopes });
    const claims = verified(result.accessToken, app('catalog-api').client_id);
    assert.deepEqual([claims.azp, claims.iss], [app(key).client_id, `${lab.authority}/v2.0`]);
    assert.ok(claims.roles.includes('Catalog.Read.All'));
    assert.deepEqual([result.fromCache, result.account, result.idToken], [false, null, '']);
    assert.ok(result.extExpiresOn >= result.expiresOn);
    const again = await client.acquireTokenByClientCredential({ scopes });
    assert.deepEqual([again.fromCache, again.accessToken], [true, result.accessToken]);
    const fresh = await client.acquireTokenByClientCredential({ scopes, skipCache: true });
    assert.equal(fresh.fromCache, false);
    return claims;
  }

  test('with a secret', async () => {
    assert.equal((await check(confidential('inventory-sync'), 'inventory-sync')).azpacr, '1');
  });

  for (const [name, more] of [
    ['known by its SHA-256', { thumbprintSha256 }],
    ['known by its SHA-1', { thumbprint: lab.thumbprint }],
    ['sent along', { thumbprintSha256, x5c: lab.certificate }],
  ]) {
    test(`with a certificate ${name}`, async () => {
      const clientCertificate = { privateKey: lab.key, ...more };
      assert.equal((await check(confidential('price-feed', { clientCertificate }), 'price-feed')).azpacr, '2');
    });
  }

  test("with another issuer's token", async () => {
    let asked;
    const clientAssertion = async (config) => {
      asked = config;
      const answer = await fetch(`${lab.https}/pipeline/token?audience=api://AzureADTokenExchange`);
      return (await answer.json()).value;
    };
    await check(confidential('pipeline', { clientAssertion }), 'pipeline');
    assert.equal(asked.tokenEndpoint, `${lab.authority}/oauth2/v2.0/token`);
    assert.equal(asked.clientId, app('pipeline').client_id);
  });

  test('by each way to say whose authority it is', async () => {
    const clientSecret = app('inventory-sync').client_secret;
    const discovery = await (await fetch(
      `${lab.https}/common/discovery/instance?api-version=1.1&authorization_endpoint=${lab.authority}/oauth2/v2.0/authorize`,
    )).text();
    const metadata = await (await fetch(`${lab.authority}/v2.0/.well-known/openid-configuration`)).text();
    await check(confidential('inventory-sync', {
      clientSecret, knownAuthorities: [], cloudDiscoveryMetadata: discovery,
    }), 'inventory-sync');
    await check(confidential('inventory-sync', { clientSecret, authorityMetadata: metadata }), 'inventory-sync');
    await check(confidential('inventory-sync', { clientSecret, authority: `${lab.https}/northwind.example` }), 'inventory-sync');
    const oidc = new ConfidentialClientApplication({
      auth: auth('inventory-sync', { clientSecret, authority: `${lab.authority}/v2.0` }),
      system: { protocolMode: 'OIDC' },
    });
    await check(oidc, 'inventory-sync');
  });

  test('is refused with a wrong credential', async () => {
    const wrong = confidential('inventory-sync', { clientSecret: 'wrong' });
    const correlationId = crypto.randomUUID();
    const why = await refused(
      wrong.acquireTokenByClientCredential({ scopes, correlationId }), ServerError, 'invalid_client', 7000215,
    );
    assert.equal(why.correlationId, correlationId);
    assert.match(why.message, new RegExp(correlationId), 'the answer repeats the id');
    const expired = confidential('store-reports', { clientSecret: app('store-reports').secrets[0].value });
    await refused(expired.acquireTokenByClientCredential({ scopes: [GRAPH] }), ServerError, 'invalid_client', 7000222);
    const clientCertificate = { privateKey: lab.key, thumbprintSha256: '0'.repeat(64) };
    const stranger = confidential('price-feed', { clientCertificate });
    await refused(stranger.acquireTokenByClientCredential({ scopes }), ServerError, 'invalid_client', 700027);
  });

  test('is refused what it must not have', async () => {
    const ask = (wanted, key = 'inventory-sync') => confidential(key).acquireTokenByClientCredential({ scopes: [wanted] });
    await refused(ask('api://no-such-api/.default'), ServerError, 'invalid_resource', 500011);
    await refused(ask(`${CATALOG}/Catalog.Read`), ServerError, 'invalid_scope', 1002012);
    await refused(ask(GRAPH, 'stock-robot'), InteractionRequiredAuthError, 'invalid_grant', 53003);
  });

  test('finds no authority in a tenant that is not there', async () => {
    for (const name of ['11111111-2222-3333-4444-555555555555', 'nobody.example']) {
      const client = confidential('inventory-sync', {
        clientSecret: app('inventory-sync').client_secret, authority: `${lab.https}/${name}`,
      });
      const why = await thrown(client.acquireTokenByClientCredential({ scopes }), ClientAuthError);
      assert.equal(why.errorCode, 'endpoints_resolution_error', why.message);
    }
  });
});

describe('somebody with a browser', everything, () => {
  test('gets tokens for a code, from the cache, and fresh ones', async () => {
    const { client, result } = await signedIn('desktop', { nonce: 'once' });
    const mina = person('mina');
    const claims = verified(result.idToken, app('desktop').client_id);
    assert.deepEqual([claims.oid, claims.preferred_username, claims.nonce], [mina.id, mina.username, 'once']);
    assert.deepEqual([result.account.homeAccountId, result.account.tenantId], [`${mina.id}.${lab.tenant}`, lab.tenant]);
    assert.deepEqual([result.account.username, result.account.environment], [mina.username, lab.host]);
    assert.ok(result.scopes.includes('User.Read'), result.scopes);
    const [account] = await client.getAllAccounts();
    const cached = await client.acquireTokenSilent({ account, scopes: ['User.Read'] });
    assert.deepEqual([cached.fromCache, cached.accessToken], [true, result.accessToken]);
    const fresh = await client.acquireTokenSilent({ account, scopes: ['User.Read'], forceRefresh: true });
    assert.equal(fresh.fromCache, false);
    const me = await fetch(`${lab.https}/v1.0/me`, { headers: { authorization: `Bearer ${fresh.accessToken}` } });
    assert.equal((await me.json()).userPrincipalName, mina.username);
    // The refresh token serves another resource, too, and its scopes are spelled as they were asked for.
    const scopes = [`${CATALOG}/Catalog.Read`];
    const other = await client.acquireTokenSilent({ account, scopes });
    assert.equal(verified(other.accessToken, app('catalog-api').client_id).scp, 'Catalog.Read');
    assert.equal((await client.acquireTokenSilent({ account, scopes })).fromCache, true);
    await client.signOut({ account });
    assert.deepEqual(await client.getAllAccounts(), []);
  });

  test('reaches a web application in each response mode', async () => {
    for (const responseMode of ['query', 'form_post', 'fragment']) {
      const client = confidential('admin-portal');
      const { url, request, answer } = await codeFlow(client, 'admin-portal', {
        responseMode, prompt: 'login', loginHint: person('mina').username, domainHint: 'organizations',
      });
      assert.equal(new URL(url).searchParams.get('response_mode'), responseMode);
      assert.ok(answer.session_state && answer.client_info, JSON.stringify(answer));
      const result = await client.acquireTokenByCode({ ...request, clientInfo: answer.client_info });
      assert.equal(result.account.name, person('mina').display_name);
      assert.ok(result.idTokenClaims.sid ?? true);
      const again = await client.acquireTokenSilent({ account: result.account, scopes: ['User.Read'], forceRefresh: true });
      assert.equal(again.fromCache, false);
    }
  });

  test('signs in by form_post at a loopback address', async () => {
    const client = publicApp('desktop');
    let opened;
    const result = await client.acquireTokenInteractive({
      scopes: ['User.Read'],
      extraScopesToConsent: [`${CATALOG}/Catalog.Read`],
      prompt: 'select_account',
      successTemplate: 'you may close this window',
      openBrowser: async (url) => {
        const { text } = await new Browser(person('mina')).visit(url);
        opened = { url, text };
      },
    });
    assert.match(opened.text, /you may close this window|Auth code was successfully acquired/);
    assert.equal(new URL(opened.url).searchParams.get('response_mode'), 'form_post');
    assert.equal(result.account.username, person('mina').username);
    // What was consented to on the way needs nobody any more.
    await client.acquireTokenSilent({ account: result.account, scopes: [`${CATALOG}/Catalog.Read`] });
  });

  test('signs in at organizations and common, too', async () => {
    for (const [segment, who, home] of [['organizations', 'farah', 'fabrikam'], ['common', 'mina', 'northwind']]) {
      const client = publicApp('desktop', { authority: `${lab.https}/${segment}` });
      const { result } = await signedIn('desktop', { who }, client);
      assert.equal(result.tenantId, one('tenants', home).id);
      const silent = await client.acquireTokenSilent({ account: result.account, scopes: ['User.Read'], forceRefresh: true });
      assert.equal(silent.fromCache, false);
    }
  });

  test('says no', async () => {
    const client = publicApp('desktop');
    const openBrowser = async (url) => {
      const { text } = await new Browser(person('farah'), { button: 'cancel' }).visit(url);
      assert.ok(text);
    };
    const why = await thrown(
      client.acquireTokenInteractive({ scopes: ['User.Read'], prompt: 'consent', openBrowser }), ServerError,
    );
    assert.equal(why.errorCode, 'access_denied', why.message);
    assert.match(why.message, /AADSTS65004/);
  });

  test('is not there when a silent request comes', async () => {
    const client = publicApp('desktop');
    const { answer } = await codeFlow(client, 'desktop', { prompt: 'none' });
    assert.equal(answer.error, 'login_required');
    assert.match(answer.error_uri, /code=50058$/);
  });

  test('has a code that is good once and for its verifier', async () => {
    const client = publicApp('desktop');
    const first = await codeFlow(client, 'desktop');
    await client.acquireTokenByCode(first.request);
    await refused(client.acquireTokenByCode(first.request), ServerError, 'invalid_grant', 54005);
    const { request } = await codeFlow(client, 'desktop');
    await refused(
      client.acquireTokenByCode({ ...request, codeVerifier: 'x'.repeat(43) }), ServerError, 'invalid_grant', 501481,
    );
  });

  test('has a refresh token that a program may bring along', async () => {
    const { client } = await signedIn();
    const [token] = Object.values(client.getTokenCache().getKVStore()).filter((entry) => entry.credentialType === 'RefreshToken');
    const other = publicApp('desktop');
    const result = await other.acquireTokenByRefreshToken({ refreshToken: token.secret, scopes: ['User.Read'] });
    assert.equal(result.account.username, person('mina').username);
    const stranger = publicApp('handheld').acquireTokenByRefreshToken({ refreshToken: token.secret, scopes: ['User.Read'] });
    const why = await thrown(stranger, ServerError);
    assert.equal(why.errorCode, 'invalid_grant', why.message);
  });

  test('has a cache that goes through text', async () => {
    const { client } = await signedIn();
    const again = publicApp('desktop');
    again.getTokenCache().deserialize(client.getTokenCache().serialize());
    const [account] = await again.getAllAccounts();
    const result = await again.acquireTokenSilent({ account, scopes: ['User.Read'], forceRefresh: true });
    assert.equal(result.fromCache, false);
  });

  test('must be asked before an application gets more', async () => {
    const { client, result } = await signedIn();
    const why = await refused(
      client.acquireTokenSilent({ account: result.account, scopes: ['Mail.Read'] }),
      InteractionRequiredAuthError, 'invalid_grant', 65001,
    );
    assert.equal(why.subError, 'consent_required');
  });

  test('keeps a long-lived token where the application takes challenges', async () => {
    const client = publicApp('desktop', { clientCapabilities: ['CP1'] });
    const { result } = await signedIn('desktop', {}, client);
    assert.deepEqual(claimsOf(result.accessToken).xms_cc.map((one) => one.toUpperCase()), ['CP1']);
    assert.ok(result.expiresOn - Date.now() > 20 * 3600 * 1000, String(result.expiresOn));
    assert.ok(result.refreshOn > new Date() && result.refreshOn < result.expiresOn, String(result.refreshOn));
  });

  test('answers a challenge of an API', async () => {
    const { client, result } = await signedIn('desktop', { scopes: [`${CATALOG}/Catalog.Read`] });
    const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } });
    const silent = client.acquireTokenSilent({ account: result.account, scopes: [`${CATALOG}/Catalog.Read`], claims });
    const why = await thrown(silent, InteractionRequiredAuthError);
    assert.match(why.message, /AADSTS5007[69]/);
    assert.ok(why.claims, 'it says what the next request has to bring along');
    const { result: stronger } = await signedIn('desktop', { scopes: [`${CATALOG}/Catalog.Read`], claims }, client);
    const { acrs } = claimsOf(stronger.accessToken);
    assert.ok(acrs.includes('c1'), JSON.stringify(acrs));
  });

  test('signs out at the end-session endpoint and is asked to sign in again', async () => {
    const client = confidential('admin-portal');
    const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
    const redirectUri = redirects['admin-portal'];
    const request = { scopes: ['User.Read'], redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256' };
    const browser = new Browser(person('adele'));
    const { code } = await browser.visit(await client.getAuthCodeUrl(request), redirectUri);
    const { account } = await client.acquireTokenByCode({ ...request, code, codeVerifier: verifier });
    const silent = await client.getAuthCodeUrl({ ...request, prompt: 'none' });
    assert.ok((await browser.visit(silent, redirectUri)).code, 'the session serves');
    const metadata = await (await fetch(`${lab.authority}/v2.0/.well-known/openid-configuration`)).json();
    const signOut = new URL(metadata.end_session_endpoint);
    signOut.searchParams.set('post_logout_redirect_uri', redirectUri);
    signOut.searchParams.set('logout_hint', account.idTokenClaims.login_hint ?? account.username);
    await browser.visit(signOut.href, redirectUri);
    assert.equal((await browser.visit(silent, redirectUri)).error, 'login_required');
  });
});

describe('a device without a browser', everything, () => {
  const start = (client, then, more = {}) => {
    let walked;
    const done = client.acquireTokenByDeviceCode({
      scopes: ['User.Read'],
      deviceCodeCallback: (answer) => { walked = then(answer); },
      ...more,
    });
    return done.finally(() => walked);
  };
  const walk = (answer, options) =>
    new Browser(person('mina'), { userCode: answer.userCode, ...options }).visit(answer.verificationUri);

  test('waits until somebody has typed its code', async () => {
    const client = publicApp('kiosk');
    let shown;
    const result = await start(client, (answer) => { shown = answer; return walk(answer); });
    assert.ok(shown.message.includes(shown.userCode) && shown.message.includes(shown.verificationUri), shown.message);
    assert.equal(typeof shown.expiresIn, 'number');
    assert.equal(result.account.username, person('mina').username);
    assert.equal((await client.getAllAccounts()).length, 1);
  });

  test('is told when somebody declines', async () => {
    const why = await thrown(start(publicApp('kiosk'), (answer) => walk(answer, { button: 'cancel' })));
    assert.match(why.message, /authorization_declined/);
  });

  test('gives up by itself when nobody comes', async () => {
    const why = await thrown(start(publicApp('kiosk'), () => {}, { timeout: 1 }));
    assert.equal(why.errorCode, 'user_timeout_reached', why.message);
  });
});

describe('a name and a password', everything, () => {
  const ask = (who, scopes = ['User.Read'], more = {}) => publicApp('handheld').acquireTokenByUsernamePassword({
    username: person(who).username, password: person(who).password, scopes, ...more,
  });

  test('are enough for an old application', async () => {
    assert.equal((await ask('mina')).account.username, person('mina').username);
  });

  test('are refused for what is wrong with the account', async () => {
    for (const [who, code] of [['luis', 50053], ['bruno', 50057]]) {
      await refused(ask(who), ServerError, 'invalid_grant', code);
    }
    const why = await refused(ask('petra'), InteractionRequiredAuthError, 'invalid_grant', 50055);
    assert.equal(why.subError, 'user_password_expired');
    await refused(ask('adele', undefined, { password: 'wrong' }), ServerError, 'invalid_grant', 50126);
    await refused(ask('mina', undefined, { username: 'nobody@northwind.example' }), ServerError, 'invalid_grant', 50034);
  });

  test('do not replace a second factor', async () => {
    const why = await refused(ask('mina', [VAULT]), InteractionRequiredAuthError, 'invalid_grant', 50076);
    assert.equal(why.subError, 'basic_action');
  });
});

describe('an API on behalf of its caller', everything, () => {
  const ask = async (scopes, more) => {
    const { result } = await signedIn('desktop', { scopes: [`${CATALOG}/Catalog.Read`] });
    const api = confidential('catalog-api', more);
    return { api, request: { oboAssertion: result.accessToken, scopes } };
  };

  test('gets a token for the next API, and the same one again', async () => {
    const clientCertificate = { privateKey: lab.key, thumbprintSha256 };
    for (const more of [undefined, { clientCertificate }]) {
      const { api, request } = await ask(['User.Read'], more);
      const result = await api.acquireTokenOnBehalfOf(request);
      assert.equal(result.account.username, person('mina').username);
      assert.equal(claimsOf(result.accessToken).oid, person('mina').id);
      const again = await api.acquireTokenOnBehalfOf(request);
      assert.deepEqual([again.fromCache, again.accessToken], [true, result.accessToken]);
    }
  });

  test('learns that the caller has to be asked first', async () => {
    const consent = await ask(['Mail.Read']);
    const why = await refused(
      consent.api.acquireTokenOnBehalfOf(consent.request), InteractionRequiredAuthError, 'invalid_grant', 65001,
    );
    assert.equal(why.subError, 'consent_required');
    const factor = await ask([VAULT]);
    const other = await thrown(factor.api.acquireTokenOnBehalfOf(factor.request), InteractionRequiredAuthError);
    assert.match(other.message, /AADSTS5007[69]/);
    assert.ok(other.claims);
  });

  test('cannot use a token that is for somebody else, or bent', async () => {
    const { api, request } = await ask(['User.Read']);
    const { result } = await signedIn();
    const foreign = await thrown(api.acquireTokenOnBehalfOf({ ...request, oboAssertion: result.accessToken }), ServerError);
    assert.equal(foreign.errorCode, 'invalid_grant', foreign.message);
    const [header, payload, signature] = request.oboAssertion.split('.');
    const bent = [header, payload, (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.');
    await refused(api.acquireTokenOnBehalfOf({ ...request, oboAssertion: bent }), ServerError, 'invalid_grant', 50013);
  });
});

describe('a page in a browser', everything, () => {
  const origin = 'http://localhost:7081';
  const redirectUri = `${origin}/signin`;
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

  async function code() {
    const url = new URL(`${lab.authority}/oauth2/v2.0/authorize`);
    url.search = new URLSearchParams({
      client_id: app('storefront').client_id, response_type: 'code', response_mode: 'fragment', redirect_uri: redirectUri,
      scope: 'openid profile offline_access User.Read', state: '1', nonce: '2', client_info: '1', clidata: '1',
      code_challenge: sha256(verifier).toString('base64url'), code_challenge_method: 'S256',
      'x-client-SKU': 'msal.js.browser', 'x-client-VER': '5.29.0', 'client-request-id': crypto.randomUUID(),
    });
    return (await new Browser(person('mina')).visit(url.href, redirectUri)).code;
  }
  const redeem = (fields, headers = { origin }) => fetch(`${lab.authority}/oauth2/v2.0/token?client-request-id=1`, {
    method: 'POST', headers, body: new URLSearchParams({ client_info: '1', ...fields }),
  });
  const readable = (answer) => answer.headers.get('access-control-allow-origin');
  const redemption = async () => ({
    client_id: app('storefront').client_id, grant_type: 'authorization_code', code: await code(), redirect_uri: redirectUri,
    code_verifier: verifier, scope: 'User.Read openid profile offline_access',
  });

  test('reads the metadata and redeems its code across origins', async () => {
    const metadata = await fetch(`${lab.authority}/v2.0/.well-known/openid-configuration`, { headers: { origin } });
    assert.equal(readable(metadata), '*');
    const answer = await redeem(await redemption());
    const body = await answer.json();
    assert.deepEqual([answer.status, readable(answer)], [200, '*'], JSON.stringify(body));
    assert.ok(body.refresh_token && body.client_info);
    const fresh = await redeem({
      client_id: app('storefront').client_id, grant_type: 'refresh_token', refresh_token: body.refresh_token, scope: 'User.Read',
    });
    assert.deepEqual([fresh.status, readable(fresh)], [200, '*']);
  });

  test('reads why it was refused', async () => {
    const answer = await redeem({ ...(await redemption()), code_verifier: 'x'.repeat(43) });
    assert.deepEqual([answer.status, readable(answer)], [400, '*']);
    assert.deepEqual((await answer.json()).error_codes, [501481]);
  });

  test('is told which kind of application may do so', async () => {
    const { request } = await codeFlow(publicApp('desktop'), 'desktop');
    const native = await redeem({
      client_id: app('desktop').client_id, grant_type: 'authorization_code', code: request.code,
      redirect_uri: request.redirectUri, code_verifier: request.codeVerifier,
    });
    assert.deepEqual([native.status, (await native.json()).error_codes], [400, [9002326]]);
    assert.equal(readable(native), null, 'the browser hides it from the page');
    const elsewhere = await redeem(await redemption(), {});
    assert.deepEqual([elsewhere.status, (await elsewhere.json()).error_codes], [400, [9002327]]);
  });

  test('gets no leave to read where no single-page application asked', async () => {
    const answer = await redeem({
      client_id: app('inventory-sync').client_id, client_secret: app('inventory-sync').client_secret,
      grant_type: 'client_credentials', scope: `${CATALOG}/.default`,
    }, {});
    assert.deepEqual([answer.status, readable(answer)], [200, null]);
  });
});
