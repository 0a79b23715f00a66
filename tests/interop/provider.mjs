// An OpenID provider that none of us wrote, on loopback, for our client to sign in at.
// Prints one line of JSON when it is ready. Its interaction pages are its own plain HTML forms.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

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
  console.log(JSON.stringify({ issuer }));
});
