// An OpenID provider that none of us wrote, on loopback, for our client to sign in at.
// Prints one line of JSON when it is ready. Its interaction pages are its own plain HTML forms.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

// The key of a client that signs: its public half is registered, its private half goes to the test.
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKey = { ...key.publicKey.export({ format: 'jwk' }), kid: 'signing-daemon-1', use: 'sig' };
const privateKey = key.privateKey.export({ format: 'pem', type: 'pkcs8' });

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'native-tool',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
        response_types: ['code'],
      },
      {
        client_id: 'daemon',
        client_secret: process.env.DAEMON_SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: 'basic daemon:1',
        client_secret: process.env.DAEMON_SECRET,
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: 'signing-daemon',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicKey] },
        grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
    },
    cookies: { keys: [process.env.COOKIE_KEY] },
    pkce: { required: () => true },
    ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600, DeviceCode: 600 },
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ issuer, privateKey }));
});
